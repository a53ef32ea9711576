"""Deterministic simulation: everything that can happen at once, one step at a time.

The use cases and the DynamoDB adapters run as they are, on a store that speaks
DynamoDB's language and keeps its promises (`store`). Each call to the store is
a place at which another task may go on, at which an answer may get lost, or at
which a task may die. Which of it happens follows from one number, the seed:

    seed -> a world (`world`): hosts, pages, and what a few people try at once
         -> an order (`scheduler`): random priorities, lowered a few times (PCT)
         -> faults (`client`): conflicts, lost requests and answers, crashes, stale reads

After every commit `invariants` compares all that is stored with all that is
promised, and `people` compares what somebody was told with what was
stored. A history that breaks a promise prints its seed and its steps; the same
seed plays it again:

    python -m tests.simulation 4711            (with PYTHONPATH=functions)

`mutants` breaks the product on purpose, to show that such mistakes are found.

Uniformly random orders find such mistakes rarely; few changes of priority find
most of them: Burckhardt et al., "A Randomized Scheduler with Probabilistic
Guarantees of Finding Bugs", ASPLOS 2010.
"""
