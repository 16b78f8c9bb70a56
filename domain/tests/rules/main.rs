//! What is written in Kommo for each kind of call: the table a reader can check, the stories it cannot tell, the
//! document printed from both, and the properties that hold for every order, repeat and fault.

mod any_order;
mod cast;
mod cells;
mod desk;
mod document;
mod exactly_once;
mod kommo;
mod shell;
mod stories;
mod table;
