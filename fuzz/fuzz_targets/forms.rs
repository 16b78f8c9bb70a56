#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::forms`].

kommo_voip_fuzz::target!(forms);
