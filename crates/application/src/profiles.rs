//! Profiles and their events, segments, enrolments, and why a person did not enter.

use tokio::time::{Instant, timeout_at};

use super::{ServiceError, ServiceResult, Services};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    engine::explain::explain_entry,
    graph::criteria::Criteria,
    ids::{EnrolmentKey, JourneyId, ProfileKey},
    profiles::{
        ingest_record::IngestRecord,
        mask::kind_of,
        property_value::read_key,
        read_model::{
            EnrolmentDetail, EntryExplanation, ProfileDetail, ProfilePage, ProfileQuery,
            SegmentSummary,
        },
        segments::{check_counted, check_criteria},
        sender::{Batch, Ignored, RecordSource, Sender, TrustLevel},
    },
};
use wayfare_runtime::costly_work::Job;
use wayfare_store::{
    StoreError,
    engine::EngineBacklog,
    outbox::{ChangedFacts, ChangedPerson},
};

impl Services {
    /// Takes records in; answered when they are on the disk, with what the sender may not change.
    ///
    /// # Errors
    /// Where more comes in than can be written ([`super::ServiceError::Busy`]): nothing of it was
    /// stored. Where the server is going down ([`super::ServiceError::Stopping`]): that is not
    /// known.
    pub async fn ingest(
        &self,
        actor: &Actor,
        records: Vec<IngestRecord>,
    ) -> ServiceResult<Vec<Ignored>> {
        actor.require(Permission::IngestRecords)?;
        self.store_records(actor, records).await
    }

    /// Asks a journey to let people in: each record is an occasion.
    ///
    /// # Errors
    /// Where there is no such journey, and as [`Services::ingest`].
    pub async fn enter(
        &self,
        actor: &Actor,
        journey: JourneyId,
        occasions: Vec<IngestRecord>,
    ) -> ServiceResult<()> {
        actor.require(Permission::EnterProfiles)?;
        self.stores.journey_queries.get_journey(actor.project, journey).await?;
        self.store_records(actor, occasions).await?;
        Ok(())
    }

    async fn store_records(
        &self,
        actor: &Actor,
        records: Vec<IngestRecord>,
    ) -> ServiceResult<Vec<Ignored>> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(limiter) = self.limiter_of(actor) {
            limiter.records(actor, records.iter().map(IngestRecord::weight).sum())?;
        }
        let trust =
            if actor.authority.is_of_browser() { TrustLevel::Browser } else { TrustLevel::Full };
        let sender = Sender { by: actor.user, source: RecordSource::Api, trust };
        Ok(self.intake.submit(Batch { project: actor.project, sender, records }).await?)
    }

    /// People, masked for anyone who may not see them; conditions of one's own would tell about
    /// their properties.
    ///
    /// # Errors
    /// Where conditions are asked for without the right to see people.
    pub async fn people_page(
        &self,
        actor: &Actor,
        query: &ProfileQuery,
    ) -> ServiceResult<ProfilePage> {
        actor.require(Permission::SeeJourneys)?;
        // Who is in a segment tells what they are.
        if query.criteria.is_some() || query.segment.is_some() {
            actor.require(Permission::SeePersonalData)?;
        }
        let sees = actor.may(Permission::SeePersonalData);
        let query = ProfileQuery { among_addresses: sees, ..query.clone() };
        let (services, project) = (self.clone(), actor.project);
        let search = |_| async move {
            Ok(services
                .stores
                .profile_queries
                .get_profile_page(project, &query, services.now())
                .await?)
        };
        let page = self.costly(actor, Job::Search, search).await?;
        Ok(if sees { page } else { page.masked() })
    }

    pub async fn person(&self, actor: &Actor, person: i64) -> ServiceResult<ProfileDetail> {
        let sees = actor.may(Permission::SeePersonalData);
        if !sees {
            actor.require(Permission::SeeJourneys)?;
        }
        let (services, project) = (self.clone(), actor.project);
        let read = |_| async move {
            Ok(services.stores.profiles.get_profile(project, ProfileKey(person)).await?)
        };
        let detail = self.costly(actor, Job::Search, read).await?;
        Ok(if sees { detail } else { detail.masked() })
    }

    async fn number_of(&self, actor: &Actor, identity: &str) -> ServiceResult<i64> {
        let known = self.stores.profiles.find_profile_key(actor.project, identity).await?;
        Ok((known.ok_or(StoreError::NotFound("profile"))?).0)
    }

    /// The person of an identity, masked for anyone who may not see people.
    ///
    /// # Errors
    /// Where there is no one, or anyone who may not see addresses asks for one.
    pub async fn person_of(&self, actor: &Actor, identity: &str) -> ServiceResult<ProfileDetail> {
        if !actor.may(Permission::SeePersonalData) {
            actor.require(if kind_of(identity).is_some() {
                Permission::SeePersonalData
            } else {
                Permission::SeeJourneys
            })?;
        }
        let person = self.number_of(actor, identity).await?;
        self.person(actor, person).await
    }

    /// As [`Services::delete_person`], by identity.
    pub async fn delete_profile_by_identity(
        &self,
        actor: &Actor,
        identity: &str,
    ) -> ServiceResult<()> {
        actor.require(Permission::EraseProfiles)?;
        let person = self.number_of(actor, identity).await?;
        self.delete_person(actor, person).await
    }

    pub async fn enrolment(&self, actor: &Actor, enrolment: i64) -> ServiceResult<EnrolmentDetail> {
        actor.require(Permission::SeeJourneys)?;
        let detail =
            self.stores.profiles.get_enrolment(actor.project, EnrolmentKey(enrolment)).await?;
        Ok(if actor.may(Permission::SeePersonalData) { detail } else { detail.masked() })
    }

    /// Why a person is not in a journey: past events, however large, may have to be read for it.
    ///
    /// # Errors
    /// Where there is no such person or journey.
    pub async fn why_not(
        &self,
        actor: &Actor,
        person: i64,
        journey: JourneyId,
    ) -> ServiceResult<EntryExplanation> {
        actor.require(Permission::SeeJourneys)?;
        let (services, project) = (self.clone(), actor.project);
        let explain = |_| async move {
            let facts = services
                .stores
                .profile_queries
                .load_entry_facts(project, ProfileKey(person), journey)
                .await?;
            Ok(explain_entry(&facts, services.now()))
        };
        let why = self.costly(actor, Job::Explanation, explain).await?;
        Ok(if actor.may(Permission::SeePersonalData) { why } else { why.masked() })
    }

    /// What waits, and how each journey does.
    pub async fn backlog(&self, actor: &Actor) -> ServiceResult<EngineBacklog> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.stores.engine.get_backlog(actor.project, self.now()).await?)
    }

    /// Journeys that were published and are not archived, by name, for a choice: the first few
    /// hundred.
    pub async fn published_journeys(
        &self,
        actor: &Actor,
    ) -> ServiceResult<Vec<(JourneyId, String)>> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.stores.journey_queries.list_published_journeys(actor.project).await?)
    }

    /// Deletes a profile; the counts of journeys keep its enrolments without it. Answered when
    /// nothing is on its way to them.
    pub async fn delete_person(&self, actor: &Actor, person: i64) -> ServiceResult<()> {
        actor.require(Permission::EraseProfiles)?;
        self.stores.profiles.delete_profile(actor, ProfileKey(person), self.now()).await?;
        self.facts_changed(&ChangedFacts {
            people: vec![ChangedPerson::withdrawn(ProfileKey(person), None)],
            ..ChangedFacts::default()
        })
        .await;
        tracing::info!(person, by = %actor.user, "person.forgotten");
        self.announce(actor.project).await;
        Ok(())
    }

    /// Every segment, uncounted.
    pub async fn uncounted_segments(&self, actor: &Actor) -> ServiceResult<Vec<SegmentSummary>> {
        actor.require(Permission::SeeJourneys)?;
        let segments = self.stores.segments.list_segments(actor.project).await?;
        if actor.may(Permission::SeePersonalData) {
            return Ok(segments);
        }
        Ok(segments.into_iter().map(SegmentSummary::masked).collect())
    }

    /// Every segment, with the number of people in it for whoever may see people: a number that
    /// follows conditions of one's own confirms an address letter by letter. Counting ends when its
    /// time is over, and the rest is uncounted: many segments never shut the page on which they are
    /// deleted.
    pub async fn segments(&self, actor: &Actor) -> ServiceResult<Vec<SegmentSummary>> {
        let mut segments = self.uncounted_segments(actor).await?;
        if !actor.may(Permission::SeePersonalData) {
            return Ok(segments);
        }
        let ends = Instant::now() + self.counting_time;
        for segment in &mut segments {
            if Instant::now() >= ends {
                break;
            }
            let count = timeout_at(ends, self.count_matching(actor, &segment.criteria));
            match count.await {
                Ok(Ok(people)) => segment.people = Some(people),
                Ok(Err(ServiceError::Invalid(_))) => {}
                Ok(Err(error)) if error.is_about_costly_work() => break,
                Ok(Err(error)) => return Err(error),
                Err(_) => break,
            }
        }
        Ok(segments)
    }

    /// How many people meet criteria.
    ///
    /// # Errors
    /// Where these have too many parts to ask for.
    pub async fn count_matching(&self, actor: &Actor, criteria: &Criteria) -> ServiceResult<i64> {
        actor.require(Permission::SeePersonalData)?;
        check_counted(criteria)?;
        let (services, project, criteria) = (self.clone(), actor.project, criteria.clone());
        let count = |_| async move {
            Ok(services
                .stores
                .segments
                .count_matching_profiles(project, &criteria, services.now())
                .await?)
        };
        self.costly(actor, Job::Count, count).await
    }

    /// Makes a segment, or changes the one of that name.
    ///
    /// # Errors
    /// Where the name or the criteria make no sense, or the segment would be part of itself. Where
    /// they may not see people: who meets conditions is seen in what journeys do.
    pub async fn save_segment(
        &self,
        actor: &Actor,
        name: &str,
        criteria: &Criteria,
    ) -> ServiceResult<()> {
        actor.require(Permission::EditJourneys)?;
        actor.require(Permission::SeePersonalData)?;
        let name = read_key(name).map_err(|error| error.under("name"))?;
        check_criteria(criteria)?;
        self.stores.segments.save_segment(actor, &name, criteria, self.now()).await?;
        self.announce(actor.project).await;
        Ok(())
    }

    pub async fn delete_segment(&self, actor: &Actor, name: &str) -> ServiceResult<()> {
        actor.require(Permission::EditJourneys)?;
        self.stores.segments.delete_segment(actor, name, self.now()).await?;
        self.announce(actor.project).await;
        Ok(())
    }

    pub async fn known_events(&self, actor: &Actor) -> ServiceResult<Vec<String>> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.stores.profile_queries.list_known_events(actor.project).await?)
    }
}
