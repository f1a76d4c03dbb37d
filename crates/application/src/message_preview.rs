//! What journeys send: is it in order, and how will it look?

use super::{ServiceResult, Services, channels::state_of};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    error::FieldError,
    graph::{
        Graph,
        secrets::{HIDDEN, is_secret},
    },
    ids::{JourneyId, ProfileKey},
    interrupt::{GivenUp, Interrupt},
    journeys::settings::{EntryTrigger, Settings},
    messages::{
        channel::ChannelState,
        known_properties::KnownProperties,
        preview::{DraftMessage, MessagePreview, MessageProblems, PreviewContent, PreviewProfile},
        sms::sms_size,
    },
    profiles::{
        Profile,
        profile::{Channel, event_key},
        read_model::{ProfileDetail, ProfileQuery},
    },
    time::Timestamp,
};
use wayfare_runtime::{
    costly_work::{Job, aside},
    time_zones::TzdbZones,
};
use wayfare_store::StoreError;
use wayfare_templates::{
    CompiledMessage, RenderContext, SampleData, TemplateError, check, content::Content, sample,
};

/// Problems after which no further message of a journey is looked at.
const PROBLEMS_MAX: usize = 50;
/// And warnings.
const WARNINGS_MAX: usize = 500;

/// A message filled in, and an email's HTML.
pub struct Preview {
    pub view: MessagePreview,
    pub html: Option<String>,
}

/// A message of a journey, filled in.
pub struct RenderedMessage {
    pub journey: JourneyId,
    pub journey_name: String,
    pub node: String,
    pub title: String,
    pub channel: Channel,
    pub person: PreviewProfile,
    pub findings: MessageProblems,
    /// None where it cannot be filled in; the findings say why.
    pub content: Option<Content>,
}

/// Whom a preview is filled in for.
struct PreviewSubject {
    person: PreviewProfile,
    /// None for someone made up.
    found: Option<ProfileDetail>,
}

impl Services {
    /// What is wrong with the messages of a graph; paths lead to their fields.
    ///
    /// # Errors
    /// The store's own.
    pub async fn message_findings(
        &self,
        actor: &Actor,
        graph: &Graph,
        settings: &Settings,
    ) -> ServiceResult<MessageProblems> {
        actor.require(Permission::SeeJourneys)?;
        if graph.messages() == 0 {
            return Ok(MessageProblems::default());
        }
        let known = self
            .stores
            .profile_queries
            .get_known_properties(actor.project, entry_event(settings))
            .await?;
        let graph = graph.clone();
        self.calculated(actor, Job::Checks, move |interrupt| findings_of(&graph, &known, interrupt))
            .await
    }

    /// A message of the journey's newest version, filled in for the person of this identity or
    /// email address, or else for someone made up.
    ///
    /// # Errors
    /// Where there is no such journey, or no such message in it.
    pub async fn preview_message(
        &self,
        actor: &Actor,
        journey: JourneyId,
        node: &str,
        person: Option<&str>,
    ) -> ServiceResult<Preview> {
        actor.require(Permission::SeeJourneys)?;
        let filled = self.fill_in(actor, journey, node, person, Job::Preview).await?;
        let channel_state = state_of(
            self.stores.channels.find_channel(actor.project, filled.channel).await?.as_ref(),
        );
        Ok(filled.preview(channel_state).for_reader(actor))
    }

    /// A message as it stands in the editor, filled in likewise.
    ///
    /// # Errors
    /// Where there is no such journey, or the step sends nothing.
    pub async fn preview_draft(
        &self,
        actor: &Actor,
        draft: DraftMessage,
    ) -> ServiceResult<Preview> {
        actor.require(Permission::SeeJourneys)?;
        let filled = self.fill_in_draft(actor, draft, Job::Preview).await?;
        let channel_state = state_of(
            self.stores.channels.find_channel(actor.project, filled.channel).await?.as_ref(),
        );
        Ok(filled.preview(channel_state).for_reader(actor))
    }

    pub(super) async fn fill_in(
        &self,
        actor: &Actor,
        journey: JourneyId,
        node: &str,
        person: Option<&str>,
        job: Job,
    ) -> ServiceResult<RenderedMessage> {
        let detail = self.stores.journey_queries.get_journey(actor.project, journey).await?;
        let node = detail.graph.node(node).cloned().ok_or(StoreError::NotFound("message"))?;
        let person = person.unwrap_or_default().to_string();
        let draft = DraftMessage { journey, node, settings: detail.settings, person };
        self.fill_in_as(actor, detail.summary.name, draft, job).await
    }

    pub(super) async fn fill_in_draft(
        &self,
        actor: &Actor,
        draft: DraftMessage,
        job: Job,
    ) -> ServiceResult<RenderedMessage> {
        let name = self
            .stores
            .journey_queries
            .get_journey(actor.project, draft.journey)
            .await?
            .summary
            .name;
        self.fill_in_as(actor, name, draft, job).await
    }

    async fn fill_in_as(
        &self,
        actor: &Actor,
        name: String,
        draft: DraftMessage,
        job: Job,
    ) -> ServiceResult<RenderedMessage> {
        let channel = draft.node.step.channel().ok_or(StoreError::NotFound("message"))?;
        let (services, asking, project) = (self.clone(), actor.clone(), actor.project);
        self.costly(actor, job, |stop| async move {
            let known = services
                .stores
                .profile_queries
                .get_known_properties(project, entry_event(&draft.settings))
                .await?;
            let somebody = services.preview_subject(&asking, &draft.person).await?;
            let occasion = PreviewMoment { journey_name: name, channel, now: services.now() };
            Ok(aside(stop, move |interrupt| {
                filled_in(&draft, occasion, &known, somebody, interrupt)
            })
            .await??)
        })
        .await
    }

    async fn preview_subject(&self, actor: &Actor, wanted: &str) -> ServiceResult<PreviewSubject> {
        let wanted = wanted.trim();
        if wanted.is_empty() {
            return Ok(PreviewSubject { person: PreviewProfile::Example, found: None });
        }
        // A template can ask for every property.
        actor.require(Permission::SeePersonalData)?;
        let known = match self.stores.profiles.find_profile_key(actor.project, wanted).await? {
            Some(seq) => Some(seq),
            None => {
                let query = ProfileQuery {
                    search: wanted.to_string(),
                    among_addresses: true,
                    ..ProfileQuery::default()
                };
                let page = self
                    .stores
                    .profile_queries
                    .get_profile_page(actor.project, &query, self.now())
                    .await?;
                let is_hers = |email: &Option<String>| {
                    email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(wanted))
                };
                page.rows.into_iter().find(|row| is_hers(&row.email)).map(|row| ProfileKey(row.seq))
            }
        };
        let Some(seq) = known else {
            return Ok(PreviewSubject { person: PreviewProfile::Unknown, found: None });
        };
        let detail = self.stores.profiles.get_profile(actor.project, seq).await?;
        Ok(PreviewSubject {
            person: PreviewProfile::Person { seq: seq.0, title: detail.title() },
            found: Some(detail),
        })
    }
}

fn entry_event(settings: &Settings) -> Option<&str> {
    match &settings.entry {
        EntryTrigger::Event { name, .. } => Some(name),
        EntryTrigger::Profile { .. }
        | EntryTrigger::Segment { .. }
        | EntryTrigger::List { .. }
        | EntryTrigger::Api {} => None,
    }
}

fn findings_of(
    graph: &Graph,
    known: &KnownProperties,
    interrupt: &dyn Interrupt,
) -> Result<MessageProblems, GivenUp> {
    let mut all = MessageProblems::default();
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(channel) = node.step.channel() else { continue };
        let found = check(&node.step, known, interrupt)?;
        let placed = |mut error: FieldError| {
            error.sentence =
                format!("“{}”, {}: {}", node.title(), field_title(&error.path), error.sentence);
            error.under(channel.key()).under("step").under(&format!("nodes[{index}]"))
        };
        all.problems.extend(found.problems.into_iter().map(placed));
        all.warnings.extend(found.warnings.into_iter().map(placed));
        if all.problems.len() >= PROBLEMS_MAX || all.warnings.len() >= WARNINGS_MAX {
            break;
        }
    }
    Ok(all)
}

/// A field in words.
fn field_title(path: &str) -> &str {
    match path {
        "url" => "address",
        "" => "message",
        header if header.starts_with("headers") => "headers",
        field => field,
    }
}

/// What a message is filled in with, besides the person.
struct PreviewMoment {
    journey_name: String,
    channel: Channel,
    now: Timestamp,
}

fn filled_in(
    draft: &DraftMessage,
    PreviewMoment { journey_name, channel, now }: PreviewMoment,
    known: &KnownProperties,
    somebody: PreviewSubject,
    interrupt: &dyn Interrupt,
) -> Result<RenderedMessage, GivenUp> {
    let DraftMessage { journey, node, settings, .. } = draft;
    let mut findings = check(&node.step, known, interrupt)?;
    let composed = CompiledMessage::new(&node.step).ok().map(|message| {
        let facts = facts_of(&somebody, &message, settings);
        let zone = facts.profile.time_zone.as_deref().unwrap_or(&settings.time_zone);
        let journey_id = journey.to_string();
        let facts = RenderContext {
            profile: &facts.profile,
            event: &facts.event,
            journey_id: &journey_id,
            journey_name: &journey_name,
            calendar: &TzdbZones,
            zone,
            now,
        };
        message.compose_while(&facts, None, interrupt)
    });
    let content = match composed {
        Some(Ok(content)) => Some(content),
        Some(Err(TemplateError::GivenUp(why))) => return Err(why),
        Some(Err(error)) => {
            let error = FieldError::new(error.field(), error.key(), error.to_string());
            if !findings.problems.contains(&error) {
                findings.problems.push(error);
            }
            None
        }
        None => None,
    };
    Ok(RenderedMessage {
        journey: *journey,
        journey_name,
        node: node.id.clone(),
        title: node.title(),
        channel,
        person: somebody.person,
        findings,
        content,
    })
}

impl Preview {
    /// Keys in headers are for whoever may edit journeys.
    fn for_reader(mut self, actor: &Actor) -> Self {
        if let Some(PreviewContent::Webhook { headers, .. }) = &mut self.view.content
            && !actor.may(Permission::EditJourneys)
        {
            for (_, value) in headers.iter_mut().filter(|(name, _)| is_secret(name)) {
                *value = HIDDEN.to_string();
            }
        }
        self
    }
}

impl RenderedMessage {
    fn preview(self, channel_state: ChannelState) -> Preview {
        let RenderedMessage {
            journey,
            journey_name,
            node,
            title,
            channel,
            person,
            findings,
            content,
        } = self;
        let (content, html) =
            content.map(shown).map_or((None, None), |(content, html)| (Some(content), html));
        let view = MessagePreview {
            journey,
            journey_name,
            node,
            title,
            channel,
            channel_state,
            person,
            content,
            findings,
        };
        Preview { view, html }
    }
}

/// Who they are, and the newest event of theirs that lets people in.
fn facts_of(
    somebody: &PreviewSubject,
    message: &CompiledMessage,
    settings: &Settings,
) -> SampleData {
    let Some(found) = &somebody.found else { return sample(message) };
    let key = entry_event(settings).map(event_key);
    let event = found.events.iter().find(|event| Some(event_key(&event.name)) == key);
    SampleData {
        profile: Profile {
            seq: ProfileKey(found.seq),
            identity: found.identity.clone(),
            properties: found.properties.clone(),
            addresses: found.addresses.iter().cloned().collect(),
            time_zone: found.time_zone.clone(),
            ..Profile::default()
        },
        event: event.map(|event| event.properties.clone()).unwrap_or_default(),
    }
}

fn shown(content: Content) -> (PreviewContent, Option<String>) {
    match content {
        Content::Email(email) => {
            let has_html = email.html.is_some();
            (
                PreviewContent::Email { subject: email.subject, text: email.text, has_html },
                email.html,
            )
        }
        Content::Sms { body } => (PreviewContent::Sms { size: sms_size(&body), body }, None),
        Content::Push { title, body, link } => (PreviewContent::Push { title, body, link }, None),
        Content::Webhook(webhook) => {
            let method = webhook.method.name().to_string();
            (
                PreviewContent::Webhook {
                    method,
                    url: webhook.url,
                    headers: webhook.headers,
                    body: webhook.body,
                },
                None,
            )
        }
    }
}
