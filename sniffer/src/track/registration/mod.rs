//! Registrations: what REGISTER transactions bind, and for how long (RFC 3261, section 10).

mod attempt;
mod table;

pub(super) use attempt::address_of_record;
pub use table::RegistrationTable;
pub(super) use table::is_about_registration;
