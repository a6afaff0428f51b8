//! `sipvane query`: what is in the store, without SQL.

pub(crate) mod args;
mod messages;
mod output;
mod select;
mod since;

use self::args::{QueryArgs, QueryFormat, What};
use super::masking::Maskings;
use super::{Console, Error, Exit, store};
use crate::config::{Config, Place};
use crate::export::store::{Address, Reader};
use crate::export::unix_seconds;

/// Runs `sipvane query`.
pub(super) fn run(args: &QueryArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let address = address(args)?;
    let config = Config::load(args.config.as_deref())?;
    let masking = Maskings::of(&config.masking)?.store();
    let asked = select::select(args, unix_seconds(), &masking)?;
    let found = Reader::open(&address)?.select(&asked)?;
    match args.format {
        QueryFormat::Table if matches!(args.what, What::Messages(_)) => {
            messages::write(&found, console)?;
        }
        QueryFormat::Table => output::write_table(&found, console.out)?,
        QueryFormat::Json => output::write_json(&found, console.out)?,
        QueryFormat::Csv => output::write_csv(&found, console.out)?,
    }
    Ok(Exit::Fine)
}

fn address(args: &QueryArgs) -> Result<Address, Error> {
    let config = Config::load(args.config.as_deref())?.store;
    match args.store.as_ref().or(config.place.as_ref()) {
        Some(Place::At(address)) => Ok(address.clone()),
        Some(Place::None) => {
            let text = "there is no store to look into: give --store URL";
            Err(Error::Usage(text.to_owned()))
        }
        None => Ok(store::usual_address(config.state_dir.as_deref())),
    }
}
