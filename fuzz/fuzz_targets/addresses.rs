#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::addresses`].

kommo_voip_fuzz::target!(addresses);
