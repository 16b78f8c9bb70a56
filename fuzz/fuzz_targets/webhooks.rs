#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::webhooks`].

kommo_voip_fuzz::target!(webhooks);
