/*
 * The reservation of one ticket, as a protocol between three services: who may hold it, who pays, and how it
 * comes free again. Checked by test_reservation_model.py with spin.
 *
 * Modelled: buyers place orders (at most one live order on the ticket, by the unique index); a hold may end
 * at any moment; tickets and payments receive the order stream in order, each at its own pace; tickets may fail
 * on one event, which is then parked, with the later ones of its order behind it, and tried again later;
 * the provider authorises or declines, and payments settles by state; orders receives an authorisation some time;
 * the seller may withdraw what is on sale, and tickets publishes it, again where a hold meets it.
 *
 * Left out, because other tests have them: lost and repeated messages (cursors and catch-up handle these), a
 * failing provider, refunds, extensions.
 *
 * Guards that can be removed, to see that the checker notices:
 *   NO_UNIQUE_INDEX   several live orders on the ticket
 *   NO_STATUS_CHECK   an authorisation completes an order whatever has become of it
 *   NO_POSITION       tickets lets an order hold or buy it by an event that is older than what it did last
 *   NO_RELEASE_ID, NO_RELEASE_POSITION
 *                     a release frees the ticket of any order, however old it is: either check is enough
 *   NO_GOAL           an authorised payment is captured whatever has become of its order
 *   NO_EXPIRY         holds don't end by themselves
 *   NO_VOIDING        an authorised payment isn't settled once its order is cancelled
 */

#define ORDERS  2
#define LOG     4       /* an order begins, and it ends */
#define NO_ORDER  ORDERS

mtype = { none, created, complete, cancelled };                        /* an order */
mtype = { idle, requested, declined, authorized, captured, voided };       /* its money, as the provider has it */
mtype = { began, paid, ended };                                        /* the order stream's events */

/* orders */
mtype order[ORDERS] = none;
bool withdrawn_copy;
byte withdrawals_received;
bool authorization_received[ORDERS];
mtype event_type[LOG];
byte event_order[LOG];
byte head;

/* tickets */
byte ticket_cursor;
byte holder = NO_ORDER;
bool sold;
bool withdrawn;
byte withdrawals_published;
byte last_position;
bool parked[LOG];
bool has_failed;

/* payments */
byte payment_cursor;
mtype copy[ORDERS] = none;
mtype money[ORDERS] = idle;
bool authorization_published[ORDERS];

#define LIVE(o)  (order[o] == created || order[o] == complete)
#define LIVES    (LIVE(0) + LIVE(1))

inline publish(what, o) {
    event_type[head] = what;
    event_order[head] = o;
    head++
}

inline end_hold(o) {
    assert(money[o] != captured);
    order[o] = cancelled;
    publish(ended, o)
}

inline end_open_hold(o) {
    if
    :: order[o] == created -> end_hold(o)
    :: else
    fi
}

/* Holds the ticket and pays, with any number of cards; or cancels; or never orders. */
proctype Buyer(byte me) {
    if
    :: !withdrawn_copy      /* a moment ago: the listing isn't locked */
    :: goto gone
    fi;
    if
    :: atomic {
#ifndef NO_UNIQUE_INDEX
        LIVES == 0 ->
#endif
        order[me] = created;
        publish(began, me);
        assert(LIVES == 1)
       }
    :: goto gone
    fi;
end:
    do
    :: atomic { copy[me] == created && (money[me] == idle || money[me] == declined) -> money[me] = requested }
    :: atomic { order[me] == created -> end_hold(me) }
    :: order[me] != created -> break
    od;
gone:
    skip
}

/* The countdown, and the sweep behind it. */
active proctype Expiry() {
end:
    do
#ifndef NO_EXPIRY
    :: atomic { order[0] == created -> end_hold(0) }
    :: atomic { order[1] == created -> end_hold(1) }
#endif
    :: false
    od
}

#define HAS_AUTHORIZATION(o)  (authorization_published[o] && !authorization_received[o])

inline receive_authorization(o) {
    authorization_received[o] = true;
    if
#ifdef NO_STATUS_CHECK
    :: true ->
#else
    :: order[o] == created ->
#endif
        assert(order[o] == created);
        order[o] = complete;
        publish(paid, o)
    :: else
    fi
}

/* Orders receives the events of payments and tickets. */
active proctype Orders() {
end:
    do
    :: atomic { HAS_AUTHORIZATION(0) -> receive_authorization(0) }
    :: atomic { HAS_AUTHORIZATION(1) -> receive_authorization(1) }
    :: atomic {
        withdrawals_received < withdrawals_published ->
        withdrawals_received++;
        withdrawn_copy = true;
        end_open_hold(0);
        end_open_hold(1)
       }
    od
}

#ifdef NO_POSITION
#define IS_NEWS(p)  true
#else
#define IS_NEWS(p)  (p + 1 > last_position)
#endif
#ifdef NO_RELEASE_POSITION
#define IS_NEW_RELEASE(p)  true
#else
#define IS_NEW_RELEASE(p)  (p + 1 > last_position)
#endif
#ifdef NO_RELEASE_ID
#define RELEASES_HOLDER(p)  (holder != NO_ORDER)
#else
#define RELEASES_HOLDER(p)  (holder == event_order[p])
#endif

inline take(p) {
    if
    :: event_type[p] == began && IS_NEWS(p) && withdrawn ->
        withdrawals_published++;
        last_position = p + 1
    :: event_type[p] == began && IS_NEWS(p) && !withdrawn ->
        holder = event_order[p];
        sold = false;
        last_position = p + 1
    :: event_type[p] == paid && IS_NEWS(p) && holder == event_order[p] ->
        sold = true;
        last_position = p + 1
    :: event_type[p] == ended && IS_NEW_RELEASE(p) && RELEASES_HOLDER(p) ->
        assert(!LIVE(holder));
        holder = NO_ORDER;
        sold = false;
        last_position = p + 1
    :: else
    fi
}

#define PARKED_BEFORE(p)  ((p > 0 && parked[0] && event_order[0] == event_order[p]) || \
                           (p > 1 && parked[1] && event_order[1] == event_order[p]) || \
                           (p > 2 && parked[2] && event_order[2] == event_order[p]))

/* Tickets follows the order stream. */
active proctype Tickets() {
end:
    do
    :: atomic {
        ticket_cursor < head ->
        if
        :: PARKED_BEFORE(ticket_cursor) -> parked[ticket_cursor] = true
        :: !PARKED_BEFORE(ticket_cursor) -> take(ticket_cursor)
        :: !PARKED_BEFORE(ticket_cursor) && !has_failed -> has_failed = true; parked[ticket_cursor] = true
        fi;
        ticket_cursor++
       }
    od
}

/* What tickets failed on is tried again, in its order. */
active proctype Redrive() {
    byte p;
end:
    do
    :: atomic {
        parked[0] || parked[1] || parked[2] || parked[3] ->
        p = 0;
        do
        :: parked[p] -> break
        :: else -> p++
        od;
        parked[p] = false;
        take(p);
        p = 0
       }
    od
}

/* The seller may take the ticket off sale. */
active proctype Seller() {
    if
    :: atomic { !withdrawn && holder == NO_ORDER -> withdrawn = true; withdrawals_published++ }
    :: true
    fi
}

/* Payments follows the order stream. */
active proctype Payments() {
end:
    do
    :: atomic {
        payment_cursor < head ->
        if
        :: event_type[payment_cursor] == began -> copy[event_order[payment_cursor]] = created
        :: event_type[payment_cursor] == paid -> copy[event_order[payment_cursor]] = complete
        :: event_type[payment_cursor] == ended -> copy[event_order[payment_cursor]] = cancelled
        fi;
        payment_cursor++
       }
    od
}

inline answer(o) {
    if
    :: money[o] = authorized; authorization_published[o] = true
    :: money[o] = declined
    fi
}

/* The provider answers, some time, and payments publishes the answer. */
active proctype Bank() {
end:
    do
    :: atomic { money[0] == requested -> answer(0) }
    :: atomic { money[1] == requested -> answer(1) }
    od
}

#ifdef NO_GOAL
#define MAY_CAPTURE(o)  (money[o] == authorized)
#else
#define MAY_CAPTURE(o)  (money[o] == authorized && copy[o] == complete)
#endif
#ifdef NO_VOIDING
#define MUST_VOID(o)  false
#else
#define MUST_VOID(o)  (copy[o] == cancelled && (money[o] == requested || money[o] == authorized))
#endif

inline capture(o) {
    assert(order[o] == complete);
    money[o] = captured
}

/* Money is moved by state. */
active proctype Settlement() {
end:
    do
    :: atomic { MAY_CAPTURE(0) -> capture(0) }
    :: atomic { MAY_CAPTURE(1) -> capture(1) }
    :: atomic { MUST_VOID(0) -> money[0] = voided }
    :: atomic { MUST_VOID(1) -> money[1] = voided }
    od
}

#define ENDED_IN_ONE_WAY(o)  (order[o] == none \
    || (order[o] == cancelled && holder != o && money[o] != captured && money[o] != authorized) \
    || (order[o] == complete && money[o] == captured && (withdrawn || (holder == o && sold))))

#ifndef LIVENESS
/* When nothing can move any more: what is over has ended in exactly one way. */
active proctype Rest() {
end:
    timeout ->
    assert(ENDED_IN_ONE_WAY(0) && ENDED_IN_ONE_WAY(1));
    assert(LIVES > 0 || holder == NO_ORDER)
}
#endif

init {
    atomic { run Buyer(0); run Buyer(1) }
}

#ifdef LIVENESS
/* Either order may be the first one: what is true of one is true of the other. */
ltl a_held_ticket_is_paid_or_freed { [] ((holder != NO_ORDER && !sold) -> <> (sold || holder == NO_ORDER)) }
ltl an_authorized_payment_is_captured_or_voided { [] (money[0] == authorized -> <> (money[0] != authorized)) }
#endif
