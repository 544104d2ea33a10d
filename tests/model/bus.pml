/*
 * The bus between two services: a publisher's log and its relays, a broker without guarantees, and a
 * subscriber's cursor, parked events and catch-up. Checked by test_bus_model.py with spin.
 *
 * Modelled. Three events of two aggregates (rows 0 and 2 of one, row 1 of the other) commit, those of an
 * aggregate in order. Two relays: a lease whose fence rises with each new holder; positions by a
 * statement that reads a snapshot first and writes later; batches of up to two, published, then confirmed, then
 * marked. A subscriber with two workers at once, which the lock of the cursor's row keeps apart; attempts are
 * committed before what they attempt; row 0 may fail, or end its worker, until it is mended. What fails is
 * parked, later events of its aggregate behind it; a worker redrives it; in the end it is a dead letter, which a
 * person redrives or discards, at once or only when nothing else moves. Requests to catch up come from a worker at
 * a gap and from the subscriber's own relay, one at a time. One handler may take longer than all the rest.
 * REPLACED_LOG makes it another check: the log is restored from a backup, what was lost is written anew with
 * other ids, and the subscriber follows one log or stops.
 *
 * Faults, FAULTS of them in all, of any kind and at any moment: a relay ends, or is frozen until its lease has
 * lapsed, and goes on where it stopped; a worker ends; a request or an answer is lost, or is thought to be; a
 * person redrives what isn't mended. Pushes are lost as often as they like.
 *
 * The broker is a set: what has arrived may be taken in any order, by both workers and any number of times, as
 * long as it would change something. So is all else: what would change nothing is left out, so that a run
 * ends. That every run ends (no cycle is found), and ends well (see Rest), is then all there is to liveness.
 *
 * All of it at once has too many states. ONLY_PUBLISHER has two relays and no subscriber; ONLY_SUBSCRIBER has
 * two workers and a log that is written already, any of whose pushes may arrive; RELAYS=1 WORKERS=1 joins both.
 * Each of these sees every state. ANY_END leaves out Rest.
 *
 * Left out: other streams and services (a cursor each, with nothing in common), clocks and backoff (what is
 * due may happen, now or later), bounds of queues (they lose pushes), what Postgres sees to (a transaction is
 * one step, taken when it commits; one that never does leaves nothing), errors of the database (a worker waits),
 * archives, batch handlers, permissions, and handlers that appear later.
 *
 * An event is parked unrun after MOST_UNFINISHED attempts that didn't finish. A worker that dies for another
 * reason counts too; so this must be more than the deaths that come together, or events without a fault are
 * parked.
 *
 * Guards that can be removed, to see that the checker notices:
 *   NO_FENCE          a relay that was replaced numbers, and no relay publishes what it has numbered
 *   NO_UNIQUE_POSITION
 *                     two rows may have one position: harmless with the fence, and the second guard without it
 *   NO_FENCE_ON_MARK, NO_FORWARD_MARK
 *                     a relay that was replaced marks; a mark may be set back: either is enough
 *   READ_BY_ID        rows are numbered by `id >` the last one instead of by what has no position
 *   MARK_UNCONFIRMED  what is numbered is marked as published
 *   NO_LOCK           workers don't lock the cursor's row
 *   NO_CURSOR_CHECK   events at or below the cursor aren't dropped
 *   CURSOR_OUTSIDE    the cursor moves in a transaction of its own, after the effects'
 *   NO_GAP_CHECK      a batch is applied wherever it begins
 *   NO_PREVIOUS_ID    the id of the event before isn't compared (with REPLACED_LOG)
 *   NO_PARKING        a failing event is tried until it passes
 *   NO_BLOCKING       a parked event doesn't hold up later ones of its aggregate
 *   NO_HANDING_ON     a redriven or discarded event doesn't, in its transaction, make due what waits behind it
 *   DISCARD_UNLOCKED  a person discards while a worker, which has checked before, parks an event behind
 *   NO_ATTEMPT        a worker's attempts aren't committed before they run
 *   GAP_PROVES        a worker that has applied nothing yet applies whole batches
 *   NO_REDRIVE_ATTEMPT
 *                     a redrive isn't committed before it runs
 *   REDRIVE_IN_RELAY  the subscriber's relay redrives, with no attempt committed
 *   RELAY_WAITS       the subscriber's relay waits for the cursor's row where it should pass it by
 *   NO_TIMER          only a gap makes the subscriber send a request
 *   NO_TIME_OUT       a request that was lost is waited for
 */

#ifndef FAULTS
#define FAULTS  1
#endif
#ifdef REPLACED_LOG
#define RELAYS  1
#define WORKERS 1
#else
#ifdef ONLY_PUBLISHER
#define WORKERS 0
#endif
#ifndef RELAYS
#define RELAYS  2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#endif
#define EVENTS  3
#define BATCH   2
#define MOST_TRIES       2
#define MOST_UNFINISHED  (FAULTS + WORKERS + 1)

mtype = { fine, fails, kills };                 /* what becomes of row 0's handler */
mtype = { free, waits, dead, discarded };       /* where an event is set aside */

byte faults = FAULTS;

/* The publisher. Log 1 is what a backup was restored to. */
bool committed[EVENTS];
byte position[EVENTS];
byte at[8];                     /* row + 1 by position: log 0 from 0, log 1 from 4 */
byte head;
byte published;
byte sent;                      /* all up to here was given to the broker */
byte fence;
bool lapsed = true;
bit log;
byte kept;

/* The broker */
bool arrived[16];               /* BATCH_OF(first, last), log 1 from 8 */
byte requests;                  /* a bit by the cursor that it carries */
byte other_log_replies;

/* The subscriber */
byte cursor;
bit applied_of[EVENTS + 1];     /* the log of which the event at a position was */
bool locked;
bool requested;
bool halted;
byte trying;
byte begun;                     /* how many workers have begun it */
bool applied[EVENTS];
mtype parked[EVENTS] = free;
byte tries[EVENTS];
bool due[EVENTS];               /* a worker tries it by itself */
bool own_event;                 /* of the subscriber's own log, still to be numbered */

/* The world */
mtype row_0 = fine;
bool ever_failed;
bool patient;                   /* a person comes only when nothing else moves */
bool may_be_slow = true;
bool is_slow;

#define SAME_AGGREGATE(r, s)  ((r) % 2 == (s) % 2)
#define BATCH_OF(first, last)  (2 * (first) + (last) - (first))
#define ROW_AT(l, p)  (at[4 * (l) + (p)] - 1)
#define LOG_OF_ID(l, p)  ((l) == 1 && (p) > kept)      /* an id is known by its position and by this */

inline fault() { faults > 0; faults-- }

/* ---- The publisher ---- */

#ifdef REPLACED_LOG
#define IS_NEXT_TO_COMMIT(r)  (r == 0 || committed[r - 1])       /* aggregates are another check's */
#else
#define IS_NEXT_TO_COMMIT(r)  (r != 2 || committed[0])
#endif
#define COMMIT(r)  atomic { !committed[r] && IS_NEXT_TO_COMMIT(r) -> committed[r] = true }

active proctype Writers() {
end:
    do
    :: COMMIT(0)
    :: COMMIT(1)
    :: COMMIT(2)
    od
}

#ifdef READ_BY_ID
#define IS_NEW(r)  ((r) + 1 > (position[2] > 0 -> 3 : (position[1] > 0 -> 2 : position[0] > 0)))
#else
#define IS_NEW(r)  true
#endif
#define UNNUMBERED(r)  (committed[r] && position[r] == 0 && IS_NEW(r))

#ifdef NO_FENCE
#define MAY_NUMBER  true
#else
#define MAY_NUMBER  (my_fence == fence)
#endif
#ifdef NO_FENCE_ON_MARK
#define MAY_MARK  true
#else
#define MAY_MARK  (my_fence == fence)
#endif
#ifdef NO_FORWARD_MARK
#define IS_MARK_NEW  (published != confirmed)
#else
#define IS_MARK_NEW  (published < confirmed)
#endif
#ifdef NO_UNIQUE_POSITION
#define IS_TAKEN(p, r)  false
#else
#define IS_TAKEN(p, r)  (at[4 * log + (p)] != 0 && ROW_AT(log, p) != (r))
#endif

#define GIVE(r) \
    if \
    :: (waiting >> r) & 1 -> \
        base++; \
        assert(position[r] == 0 || position[r] == base); \
        assert(at[4 * log + base] == 0 || ROW_AT(log, base) == r); \
        assert(base <= head + 1); \
        position[r] = base; \
        at[4 * log + base] = r + 1; \
        head = (base > head -> base : head) \
    :: else \
    fi

#define CLASHES \
    ((waiting & 1 && IS_TAKEN(base + 1, 0)) || \
     (waiting & 2 && IS_TAKEN(base + 1 + (waiting & 1), 1)) || \
     (waiting & 4 && IS_TAKEN(base + 1 + (waiting & 1) + (waiting >> 1 & 1), 2)))

#define END_OF_PUSH  (confirmed + BATCH < known -> confirmed + BATCH : known)

inline become_spare() { my_fence = 0; confirmed = 0; known = 0 }

inline relay_ends() {
    fault();
    lapsed = (my_fence == fence -> true : lapsed);
    become_spare()
}

/* What the backup lacks is written anew, as another event. */
inline restore(r) {
    if
    :: position[r] > 0 && position[r] <= kept -> at[4 + position[r]] = r + 1
    :: else -> position[r] = 0; committed[r] = false
    fi
}

proctype Relay(byte me) {
    byte my_fence, waiting, base, confirmed, known;
end:
    do
    :: atomic {
        my_fence == 0 && lapsed && (fence > 0 || me == 0) ->
        fence++;
        lapsed = false;
        my_fence = fence;
        confirmed = published;
        known = head
       }
    :: atomic { my_fence != 0 && my_fence == fence && lapsed -> lapsed = false }
    :: atomic { my_fence != 0 && my_fence != fence -> become_spare() }
    :: atomic { my_fence != 0 && my_fence == fence && faults > 0 -> relay_ends() }

    :: atomic {
        my_fence != 0 && (UNNUMBERED(0) || UNNUMBERED(1) || UNNUMBERED(2)) ->
        waiting = UNNUMBERED(0) + 2 * UNNUMBERED(1) + 4 * UNNUMBERED(2);
        base = head
       }
       /* It has read. Here it may be frozen. */
       atomic {
        if
        :: MAY_NUMBER && !CLASHES ->
            GIVE(0);
            GIVE(1);
            GIVE(2);
            known = (base > known -> base : known)
        :: MAY_NUMBER && CLASHES
        :: else -> become_spare()
        fi;
        waiting = 0;
        base = 0
       }

    :: atomic {
        my_fence != 0 && confirmed < known ->
        assert(confirmed <= sent);
        sent = (END_OF_PUSH > sent -> END_OF_PUSH : sent);
        if
        :: arrived[8 * log + BATCH_OF(confirmed + 1, END_OF_PUSH)] = true
        :: true
        fi
       }
       if
       :: atomic { confirmed = END_OF_PUSH }
       :: atomic { relay_ends() }
       fi

#ifdef MARK_UNCONFIRMED
    :: atomic { my_fence == fence && published < known -> published = known; assert(published <= sent) }
#endif
    :: atomic {
        my_fence != 0 && MAY_MARK && IS_MARK_NEW ->
        assert(confirmed > published);
        published = confirmed;
        assert(published <= sent && published <= head)
       }

#ifdef REPLACED_LOG
    :: atomic {         /* with the publisher's processes stopped */
        my_fence != 0 && log == 0 && head > 0 ->
        if
        :: kept = 0
        :: head > 1 -> kept = 1
        :: head > 2 -> kept = 2
        fi;
        log = 1;
        restore(0);
        restore(1);
        restore(2);
        head = kept;
        published = (published < kept -> published : kept);
        sent = kept;
        confirmed = published;
        known = head
       }
#endif
    od
}

active proctype Lapses() {
end:
    do
    :: atomic { RELAYS > 1 && fence > 0 && !lapsed && faults > 0 -> faults--; lapsed = true }
    od
}

/* ---- Catch-up ---- */

#ifdef NO_PREVIOUS_ID
#define IS_OF_OTHER_LOG(l, p)  false
#else
#define IS_OF_OTHER_LOG(l, p)  ((p) > 0 && LOG_OF_ID(l, p) != applied_of[p])
#endif

#define END_OF_PAGE(after)  (after + BATCH < head -> after + BATCH : head)

#define ANSWER(after) \
    atomic { \
        (requests >> after) & 1 -> \
        requests = requests - (1 << after); \
        if \
        :: after > head || IS_OF_OTHER_LOG(log, after) -> \
            other_log_replies = other_log_replies | (1 << after) \
        :: after < head && !IS_OF_OTHER_LOG(log, after) -> \
            arrived[8 * log + BATCH_OF(after + 1, END_OF_PAGE(after))] = true \
        :: after == head && !IS_OF_OTHER_LOG(log, after) \
        :: fault() \
        fi \
    }

/* The publisher answers from its log, published or not. */
active proctype Answers() {
end:
    do
    :: ANSWER(0)
    :: ANSWER(1)
    :: ANSWER(2)
    :: ANSWER(3)
    od
}

inline request_missing() {
    requested = true;
    if
#ifdef ONLY_SUBSCRIBER
    :: cursor < head -> arrived[BATCH_OF(cursor + 1, END_OF_PAGE(cursor))] = true   /* the same, now or later */
#else
    :: requests = requests | (1 << cursor)
#endif
    :: fault()
    fi
}

#define IS_BEHIND  (cursor < head || cursor > head || IS_OF_OTHER_LOG(log, cursor))

#define BRINGS_NEXT(l) \
    ((cursor == 0 && (arrived[8 * (l) + BATCH_OF(1, 1)] || arrived[8 * (l) + BATCH_OF(1, 2)])) || \
     (cursor == 1 && (arrived[8 * (l) + BATCH_OF(1, 2)] || arrived[8 * (l) + BATCH_OF(2, 2)] || \
                      arrived[8 * (l) + BATCH_OF(2, 3)])) || \
     (cursor == 2 && (arrived[8 * (l) + BATCH_OF(2, 3)] || arrived[8 * (l) + BATCH_OF(3, 3)])))

#define REPLY_OR_PUSH_IS_PENDING \
    (requests != 0 || BRINGS_NEXT(0) || BRINGS_NEXT(1) || ((other_log_replies >> cursor) & 1))

#ifndef NO_TIME_OUT
active proctype TimeOut() {
end:
    do
    :: atomic { requested && !halted && !REPLY_OR_PUSH_IS_PENDING -> requested = false }
    :: atomic { requested && !halted && REPLY_OR_PUSH_IS_PENDING && faults > 0 -> faults--; requested = false }
    od
}
#endif

/* ---- The subscriber ---- */

#ifdef NO_BLOCKING
#define IS_BLOCKED(r)  false
#else
#define IS_BLOCKED(r)  ((r) == 2 && (parked[0] == waits || parked[0] == dead || FOUND_BLOCKED))
#endif
#ifdef DISCARD_UNLOCKED
#define FOUND_BLOCKED    found_blocked
#define MAY_DISCARD      true
#else
#define FOUND_BLOCKED    false
#define MAY_DISCARD      !locked
#endif
#define IS_OVER(r)  (applied[r] || parked[r] == discarded)

inline take_effect(r) {
#ifndef REPLACED_LOG
    assert(!applied[r]);
    assert(r != 2 || IS_OVER(0));
#endif
    applied[r] = true
}

inline move(p) {
    assert(p > cursor);
    cursor = p;
    requested = false;
    trying = 0;
    begun = 0
}

/* Apply the event at a position, or park it behind another. */
inline apply(p) {
    assert(p <= 1 || applied_of[1] == LOG_OF_ID(source, 1));
    assert(p <= 2 || applied_of[2] == LOG_OF_ID(source, 2));
    applied_of[p] = LOG_OF_ID(source, p);
    if
    :: IS_BLOCKED(ROW_AT(source, p)) -> parked[ROW_AT(source, p)] = waits
    :: else -> take_effect(ROW_AT(source, p))
    fi
}

/* Only what fails, or ends its worker, is parked for its own sake. */
inline park(how) {
    assert(ROW_AT(source, cursor + 1) == 0 && ever_failed);
    parked[ROW_AT(source, cursor + 1)] = how;
    due[ROW_AT(source, cursor + 1)] = (how == waits);
    move(cursor + 1)
}

#define IS_DUE(r)  (parked[r] == waits && due[r])

/* In one transaction: what has waited behind it is due now. */
inline hand_on(r) {
    due[r] = false;
#ifndef NO_HANDING_ON
    if
    :: r == 0 && parked[2] == waits -> due[2] = true
    :: else
    fi
#endif
}

inline unpark(r) {
    take_effect(r);
    parked[r] = free;
    tries[r] = 0;
    hand_on(r)
}

inline bury(r) { parked[r] = dead; due[r] = false }

inline fail_again(r) {
    if
    :: tries[r] >= MOST_TRIES -> bury(r)
    :: else
    fi
}

/* The subscriber's relay, which publishes a log of its own. */
#ifndef ONLY_PUBLISHER
active proctype OwnRelay() {
end:
    do
    :: atomic { own_event -> own_event = false }
#ifdef RELAY_WAITS
    :: !requested && IS_BEHIND && !halted -> atomic { !locked -> request_missing() }
#elif !defined(NO_TIMER)
    :: atomic { !requested && IS_BEHIND && !halted && !locked -> request_missing() }
#endif
#ifdef REDRIVE_IN_RELAY
    :: atomic { (IS_DUE(0) || IS_DUE(1) || IS_DUE(2)) && !locked ->
        if
        :: IS_DUE(0) && row_0 == fine -> unpark(0)
        :: IS_DUE(0) && row_0 == fails -> fail_again(0)
        :: IS_DUE(0) && row_0 == kills          /* and the next process begins with it */
        :: IS_DUE(1) -> unpark(1)
        :: IS_DUE(2) -> unpark(2)
        fi
       }
#endif
    od
}
#endif

#define MAY_LOCK  !locked

inline begin_to_be_slow() {
    may_be_slow = false;
    is_slow = true;
    locked = true;
#ifdef DISCARD_UNLOCKED
    found_blocked = (parked[0] == waits || parked[0] == dead);      /* it has checked already */
#endif
    own_event = true
}

#ifdef NO_GAP_CHECK
#define IS_GAP(position_before)  false
#define MAY_REQUEST  true
#else
#define IS_GAP(position_before)  (first > (position_before) + 1)
#ifdef GAP_PROVES
#define MAY_REQUEST  (NEEDS_A_REQUEST || !proven)
#else
#define MAY_REQUEST  NEEDS_A_REQUEST
#endif
#endif
#define NEEDS_A_REQUEST  (!requested && IS_BEHIND)
#ifdef NO_CURSOR_CHECK
#define FIRST_TO_APPLY  first
#else
#define FIRST_TO_APPLY  (first > seen -> first : seen + 1)
#endif

#define CONTRADICTS(l, f, t)  ((f) <= cursor + 1 && cursor <= (t) && IS_OF_OTHER_LOG(l, cursor))
#define TAKE(l, f, t) \
    :: atomic { \
        arrived[8 * l + BATCH_OF(f, t)] && !halted && \
        ((t > cursor && (f <= cursor + 1 || MAY_REQUEST)) || CONTRADICTS(l, f, t)) -> \
        source = l; \
        first = f; \
        last = t; \
        if \
        :: proven -> goto transaction \
        :: else -> goto first_batch \
        fi \
    }
#define TAKE_ANY(l)  TAKE(l, 1, 1) TAKE(l, 1, 2) TAKE(l, 2, 2) TAKE(l, 2, 3) TAKE(l, 3, 3)

#define REDRIVE(r) \
    :: atomic { \
        IS_DUE(r) && !locked -> \
        if \
        :: tries[r] >= MOST_TRIES -> bury(r) \
        :: else -> \
            tries[r] = tries[r] + COMMITTED_TRY; \
            redriven = r + 1; \
            goto redriving \
        fi \
    }
#ifdef NO_REDRIVE_ATTEMPT
#define COMMITTED_TRY  0
#else
#define COMMITTED_TRY  1
#endif

/* Once per process: what is tried is the event after the cursor. */
inline begin_attempt() {
#ifndef NO_ATTEMPT
    if
    :: attempt == cursor + 1
    :: else ->
        begun = (trying == cursor + 1 -> begun + 1 : 1);
        trying = cursor + 1
    fi;
#endif
    attempt = cursor + 1
}

#ifdef NO_LOCK
#define BEGIN_TRANSACTION  atomic { seen = cursor; reads_early = true };
#else
#define BEGIN_TRANSACTION
#endif
#ifdef CURSOR_OUTSIDE
#define END_TRANSACTION  } if :: atomic { fault(); goto ended } :: true fi; atomic {
#else
#define END_TRANSACTION
#endif

#define IS_ROW_0_IN(from, to)  (position[0] > (from) && position[0] <= (to))
#define GOES_WRONG(how)  (row_0 == how && IS_ROW_0_IN(seen, (one_by_one -> seen + 1 : last)))

/* One that is being replaced finishes its batch, and ends. */
proctype Worker(bool leaves) {
    byte first, last, seen, attempt, redriven;
    bit source;
    bool one_by_one, proven, reads_early;
#ifdef DISCARD_UNLOCKED
    bool found_blocked;
#endif

end:
    do
    TAKE_ANY(0)
#ifdef REPLACED_LOG
    TAKE_ANY(1)
    :: atomic { ((other_log_replies >> cursor) & 1) && !halted && !locked -> halted = true }
#endif
#ifndef REDRIVE_IN_RELAY
    REDRIVE(0)
    REDRIVE(1)
    REDRIVE(2)
#endif
    :: atomic { proven && faults > 0 -> faults--; goto ended }
    od;

first_batch:
    atomic {
        MAY_LOCK ->
        if
        :: cursor < last && first <= cursor + 1 -> begin_attempt(); one_by_one = (begun > 1)
        :: else
        fi;
        if
        :: one_by_one -> goto next_attempt
        :: else -> goto transaction
        fi
    }

next_attempt:
    atomic {
        MAY_LOCK ->
        if
        :: cursor >= last -> goto done
        :: else -> begin_attempt()
        fi;
        if
        :: begun > MOST_UNFINISHED -> park(dead); goto next_attempt
        :: else
        fi
    }

transaction:
    BEGIN_TRANSACTION
    if
    :: atomic { fault(); goto ended }
    :: atomic { may_be_slow && MAY_LOCK && cursor < last -> begin_to_be_slow(); goto slow }
    :: atomic {
        MAY_LOCK ->
commit:
        seen = (reads_early -> seen : cursor);
        reads_early = false;
        if
        :: halted -> goto done
        :: !halted && CONTRADICTS(source, first, last) -> halted = true; goto done
        :: !halted && !CONTRADICTS(source, first, last) && last <= seen -> goto done
        :: !halted && !CONTRADICTS(source, first, last) && last > seen && IS_GAP(seen) ->
#ifdef GAP_PROVES
            proven = true;
#endif
            if
            :: requested
            :: !requested -> request_missing()
            fi;
            goto done
        :: else
        fi;
        if
        :: GOES_WRONG(kills) -> ever_failed = true; goto ended
        :: GOES_WRONG(fails) && one_by_one -> ever_failed = true; seen = 0; goto failed
        :: GOES_WRONG(fails) && !one_by_one -> ever_failed = true; one_by_one = true; seen = 0; goto next_attempt
        :: else
        fi;
        first = FIRST_TO_APPLY;
        do
        :: first <= (one_by_one -> seen + 1 : last) -> apply(first); first++
        :: else -> break
        od;
        first--;
        seen = 0;
        END_TRANSACTION
        move(first);
        proven = true;
        if
        :: one_by_one -> goto next_attempt
        :: else -> goto done
        fi
       }
    fi;

slow:
    if
    :: atomic { !is_slow -> locked = false; goto commit }
    :: atomic { is_slow && faults > 0 -> faults--; is_slow = false; locked = false; goto ended }
    fi;

failed:
#ifdef NO_PARKING
    goto next_attempt;
#endif
    if
    :: atomic { fault(); goto ended }
    :: atomic {
        MAY_LOCK ->
        if
        :: attempt == cursor + 1 -> tries[0] = 1; park(waits); proven = true
        :: else
        fi;
        goto next_attempt
       }
    fi;

redriving:
    if
    :: atomic { fault(); goto ended }
    :: atomic {
        MAY_LOCK ->
        if
        :: parked[redriven - 1] != waits
        :: parked[redriven - 1] == waits && redriven == 1 && row_0 == kills -> goto ended
        :: parked[redriven - 1] == waits && redriven == 1 && row_0 == fails ->
            tries[0] = tries[0] + 1 - COMMITTED_TRY;
            fail_again(0)
        :: parked[redriven - 1] == waits && (redriven != 1 || row_0 == fine) -> unpark(redriven - 1)
        fi;
        goto done
       }
    fi;

ended:
    atomic { proven = false; attempt = 0; reads_early = false; goto done }
done:
    atomic {
        first = 0;
        last = 0;
        seen = 0;
        source = 0;
        redriven = 0;
        one_by_one = false;
#ifdef DISCARD_UNLOCKED
        found_blocked = false;
#endif
        if
        :: leaves -> proven = false; attempt = 0
        :: else -> goto end
        fi
    }
}

#define DISCARD(r) \
    atomic { \
        !patient && parked[r] == dead && MAY_DISCARD -> \
        parked[r] = discarded; \
        tries[r] = 0; \
        hand_on(r) \
    }
#define IS_MENDED(r)  (r != 0 || row_0 == fine)
#define REDRIVE_DEAD(r) \
    atomic { \
        !patient && parked[r] == dead && (IS_MENDED(r) || faults > 0) -> \
        faults = (IS_MENDED(r) -> faults : faults - 1); \
        parked[r] = waits; \
        due[r] = true; \
        tries[r] = 0 \
    }

active proctype Person() {
end:
    do
    :: atomic { !patient && row_0 != fine -> row_0 = fine }
    :: REDRIVE_DEAD(0)
    :: REDRIVE_DEAD(2)
    :: DISCARD(0)
    :: DISCARD(2)
    od
}

/* ---- What must be true when nothing can move any more ---- */

#define IS_ALL_PUBLISHED  (committed[0] && committed[1] && committed[2] && head == EVENTS && published == head)
#define IS_SET_ASIDE(r)  (parked[r] == waits || parked[r] == dead)
#define IS_ALL_OVER  (IS_OVER(0) && IS_OVER(1) && IS_OVER(2))
#define IS_NOTHING_ASIDE  !(IS_SET_ASIDE(0) || IS_SET_ASIDE(1) || IS_SET_ASIDE(2))
#define IS_LOG_FOLLOWED \
    (cursor == head && (!IS_OF_OTHER_LOG(log, 1)) && (!IS_OF_OTHER_LOG(log, 2)) && (!IS_OF_OTHER_LOG(log, 3)))

#ifndef ANY_END
active proctype Rest() {
end:
    do
    :: timeout ->
        atomic {
            assert(IS_ALL_PUBLISHED);
            if
            :: is_slow ->
                assert(!own_event);
                is_slow = false
            :: !is_slow && patient ->
                /* Only its own aggregate has waited for the failing event. */
                assert(cursor == head && applied[1]);
                patient = false
            :: else ->
                assert(!locked && !own_event);
#ifndef ONLY_PUBLISHER
                assert(halted || IS_LOG_FOLLOWED && IS_ALL_OVER && IS_NOTHING_ASIDE);
#endif
                break
            fi
        }
    od
}

#endif

inline choose_poison() {
    if
    :: true
    :: row_0 = fails
    :: row_0 = kills
    :: row_0 = fails; patient = true
    :: row_0 = kills; patient = true
    fi
}

/* A log as the relay may make it, and pushes of which any may arrive. */
inline give_at_once(p, r) { position[r] = p; at[p] = r + 1; committed[r] = true }

#define MAY_ARRIVE(f, t)  if :: arrived[BATCH_OF(f, t)] = true :: true fi

inline begin_with_log() {
    if
    :: give_at_once(1, 0); give_at_once(2, 1); give_at_once(3, 2)
    :: give_at_once(1, 0); give_at_once(2, 2); give_at_once(3, 1)
    :: give_at_once(1, 1); give_at_once(2, 0); give_at_once(3, 2)
    fi;
    MAY_ARRIVE(1, 2);
    MAY_ARRIVE(2, 3);
    MAY_ARRIVE(3, 3);
    head = EVENTS;
    sent = EVENTS;
    published = EVENTS
}

init {
    atomic {
#ifdef ONLY_SUBSCRIBER
        begin_with_log();
#else
        run Relay(0);
#if RELAYS > 1
        run Relay(1);
#endif
#endif
#if defined(REPLACED_LOG) || defined(ONLY_PUBLISHER)
        may_be_slow = false;
#else
        choose_poison();
#endif
#ifndef ONLY_PUBLISHER
        run Worker(false);
#endif
#if WORKERS > 1
        run Worker(true)
#endif
    }
}
