//! Floods: more of everything than the tables hold.
