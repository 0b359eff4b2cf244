//! Where a restore writes: a folder opened once, beneath which nothing is followed out (FORMAT §8).
