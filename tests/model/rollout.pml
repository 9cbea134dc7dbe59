/* A small model of decision 32, for spin: two nodes whose pods share a budget that allows one, two controllers that both
 * believe to lead, may die at any point, see old states, and have requests that arrive late.
 *
 * What the code has and this leaves out: time (a deadline may always have passed), other people, gates, rollback.
 * tests/model/check-model runs it; the mutants there must be caught. */

#ifndef CRASHES
#define CRASHES 2
#endif
/* The mutants. */
#ifndef IGNORE_STATUS_VERSION
#define IGNORE_STATUS_VERSION false
#endif
#ifndef STATUS_FIRST
#define STATUS_FIRST 0
#endif

mtype = { Pending, Cordoning, Draining, Acting, Proving, Releasing, Done, Backing, Skipped };

/* The API server's store: the rollout's status with its version, and the nodes. */
mtype stage[2] = Pending;
byte version = 0;          /* wraps: only equality is used */
bool cordoned[2];          /* by us; nobody else is in this model */
bool has_pod[2] = true;    /* of the one budget */
bool asked[2];             /* the operation has been begun, by its name */
bool booted[2];
byte node_version[2] = 0;
byte away = 0;             /* pods that are being made anew: the budget allows one */
byte operations[2] = 0;
byte crashes = 0;

#define holds(s) (s != Pending && s != Done && s != Skipped)
#define settled(s) (s == Done || s == Skipped)

/* What happens by itself: pods come back, nodes boot. */
active proctype world() {
  do
  :: atomic { away > 0 -> away-- }
  :: atomic { asked[0] && !booted[0] -> booted[0] = true }
  :: atomic { asked[1] && !booted[1] -> booted[1] = true }
  :: settled(stage[0]) && settled(stage[1]) && away == 0 && !(asked[0] && !booted[0]) && !(asked[1] && !booted[1]) ->
end_world:
     do
     :: away > 0 -> away--
     od
  od
}

inline evict(n) {
  /* The eviction API says no to a second one; nothing forces it. */
  if
  :: has_pod[n] && away == 0 -> has_pod[n] = false; away++
  :: else
  fi
}

inline begin(n) {
  if
  :: !asked[n] ->
     assert(!has_pod[n]);
     assert(cordoned[n]);
     asked[n] = true;
     operations[n]++;
     assert(operations[n] == 1)
  :: else /* the back end knows the name */
  fi
}

/* A change of a node is made only if the node is as it was seen. */
inline set_cordon(n, value, seen_version) {
  if
  :: node_version[n] == seen_version -> cordoned[n] = value; node_version[n] = (node_version[n] + 1) % 8
  :: else
  fi
}

proctype controller() {
  byte my_version;
  mtype mine[2];                      /* status as it was read */
  bool see_cordon[2], see_pod[2], see_booted[2];
  byte see_version[2];
  bool fresh = false;                 /* what is seen holds all that this controller did */
  byte n;
  mtype next;

look:
#if STATUS_FIRST
  atomic { my_version = version; mine[0] = stage[0]; mine[1] = stage[1] };
#endif
  if
  :: fresh /* an old look may do, when nothing was done since */
  :: atomic {
       see_cordon[0] = cordoned[0]; see_cordon[1] = cordoned[1];
       see_pod[0] = has_pod[0]; see_pod[1] = has_pod[1];
       see_booted[0] = booted[0]; see_booted[1] = booted[1];
       see_version[0] = node_version[0]; see_version[1] = node_version[1];
       fresh = true
     }
  fi;
  /* The status is read after the nodes: it knows of every cordon that is seen. */
#if !STATUS_FIRST
  atomic { my_version = version; mine[0] = stage[0]; mine[1] = stage[1] };
#endif
  if
  :: n = 0
  :: n = 1
  fi;

  /* decide(): the next stage of one node. */
  next = mine[n];
  if
  :: mine[n] == Pending && !holds(mine[1 - n]) -> next = Cordoning
  :: mine[n] == Cordoning && see_cordon[n] -> next = Draining
  :: mine[n] == Draining && !see_pod[n] -> next = Acting
  :: mine[n] == Draining && see_pod[n] -> next = Backing      /* its time is up */
  :: mine[n] == Acting && see_booted[n] -> next = Proving
  :: mine[n] == Proving -> next = Releasing
  :: mine[n] == Releasing && !see_cordon[n] -> next = Done
  :: mine[n] == Backing && !see_cordon[n] -> next = Skipped
  :: true                                                      /* nothing new, or not yet */
  fi;

  /* The status is stored before anything is done, and only if nobody else stored one. */
  if
  :: next != mine[n] ->
     if
     :: atomic { (IGNORE_STATUS_VERSION || version == my_version) ->
          stage[n] = next; version = (version + 1) % 16;
          assert(!(holds(stage[0]) && holds(stage[1]))) }
     :: else -> goto look
     fi
  :: else
  fi;

  /* Then the actions of the stage that is stored; each may be lost, and each may be late. */
  if
  :: atomic { crashes < CRASHES -> crashes++; fresh = false }; goto look
  :: true
  fi;
  if
  :: next == Cordoning && !see_cordon[n] -> atomic { set_cordon(n, true, see_version[n]); fresh = false }
  :: next == Draining && see_pod[n] -> atomic { evict(n); fresh = false }
  :: next == Acting && !see_pod[n] -> atomic { begin(n); fresh = false }
  :: (next == Releasing || next == Backing) && see_cordon[n] -> atomic { set_cordon(n, false, see_version[n]); fresh = false }
  :: !holds(next) && see_cordon[n] -> atomic { set_cordon(n, false, see_version[n]); fresh = false }
  :: else
  fi;
  if
  :: settled(stage[0]) && settled(stage[1]) && !cordoned[0] && !cordoned[1] ->
end_controller:
     do
     :: cordoned[0] || cordoned[1] -> fresh = false; goto look
     od
  :: else -> goto look
  fi
}

init {
  atomic { run controller(); run controller() }
}

/* Whatever happens, in the end both are settled and nothing of ours is left. */
#ifdef LIVENESS
ltl comes_to_rest { <>[] (settled(stage[0]) && settled(stage[1]) && !cordoned[0] && !cordoned[1]) }
#endif
