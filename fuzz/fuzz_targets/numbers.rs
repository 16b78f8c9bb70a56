#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::numbers`].

kommo_voip_fuzz::target!(numbers);
