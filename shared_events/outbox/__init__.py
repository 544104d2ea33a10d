"""The publisher's side: the event log, its sequencer, and the relay that publishes what has committed."""
