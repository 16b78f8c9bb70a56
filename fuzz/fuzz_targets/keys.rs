#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::keys`].

kommo_voip_fuzz::target!(keys);
