//! People, what they did, and their trips.

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, fail, go_to},
};
use crate::domain::people::view::{PeoplePage, PeopleQuery, PersonDetail, SegmentView, TripDetail, WhyNot};

/// One page of people, and the segments to choose from.
///
/// # Errors
/// Where she may not see them, or there is no such segment.
pub async fn read_people(query: PeopleQuery) -> Result<(PeoplePage, Vec<SegmentView>, PeopleQuery), AppError> {
    let (services, actor) = context()?;
    let page = services.people_page(&actor, &query).await.map_err(fail)?;
    Ok((page, services.segments(&actor).await.map_err(fail)?, query))
}

/// A person, and for a journey that was asked about, why she is not in it.
///
/// # Errors
/// Where there is nobody of this number.
pub async fn read_person(number: &str, journey: &str) -> Result<(PersonDetail, Option<WhyNot>), AppError> {
    let (services, actor) = context()?;
    let nobody = || fail(AppError::NotFound("person".to_string()));
    let number: i64 = number.parse().map_err(|_| nobody())?;
    let person = services.person(&actor, number).await.map_err(fail)?;
    let why = match journey.trim() {
        "" => None,
        id => {
            let journey = super::journeys::journey_id(id).map_err(fail)?;
            Some(services.why_not(&actor, number, journey).await.map_err(fail)?)
        }
    };
    Ok((person, why))
}

/// One trip, step by step.
///
/// # Errors
/// Where there is no such trip.
pub async fn read_trip(number: &str) -> Result<TripDetail, AppError> {
    let (services, actor) = context()?;
    let number: i64 = number.parse().map_err(|_| fail(AppError::NotFound("trip".to_string())))?;
    services.trip(&actor, number).await.map_err(fail)
}

/// Forgets a person; the counts of journeys keep her trips without her.
#[server(prefix = "/api/ui", endpoint = "profiles/delete")]
pub async fn delete_person(person: i64) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services.delete_person(&actor, person).await.map_err(fail)?;
    go_to("/profiles?notice=person-deleted");
    Ok(())
}
