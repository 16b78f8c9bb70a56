#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::kommo_answers`].

kommo_voip_fuzz::target!(kommo_answers);
