//! Every version that people enter or are inside of, compiled, and which versions look at
//! which event.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use wayfare_domain::messages::webhook_endpoint::endpoint_of_template;
use wayfare_domain::{
    engine::{
        CompiledVersion,
        compiled::{CompiledNode, NodeIndex},
        entry::start_event_key,
    },
    ids::{ProjectKey, VersionKey},
    journeys::{
        settings::{EntryTrigger, EntryType},
        status::Status,
    },
    profiles::profile::{Channel, event_key},
};
use wayfare_store::{
    StoreResult,
    engine::{ActiveVersionInfo, EngineSource, EngineState, ProfileNeeds},
};

/// One version of the plan.
pub struct ActiveVersion {
    pub planned: ActiveVersionInfo,
    pub compiled: Arc<CompiledVersion>,
    pub needs: Arc<ProfileNeeds>,
    pub endpoints: Arc<Endpoints>,
}

/// Who receives the webhooks of a version, by node, where it is the same for everybody.
pub type Endpoints = HashMap<NodeIndex, String>;

fn endpoints_of(compiled: &CompiledVersion) -> Endpoints {
    let endpoint = |(index, node): (NodeIndex, &CompiledNode)| {
        Some((index, endpoint_of_template(node.step.uses().webhook_url?)?))
    };
    compiled.nodes.iter().enumerate().filter_map(endpoint).collect()
}

impl ActiveVersion {
    pub fn takes_entries(&self) -> bool {
        self.planned.status == Status::Running
    }

    pub fn entry_type(&self) -> EntryType {
        self.compiled.settings.entry.entry_type()
    }
}

/// The versions that look at an event.
#[derive(Default)]
pub struct EventSubscribers {
    pub entries: Vec<VersionKey>,
    pub inside: Vec<VersionKey>,
}

#[derive(Default)]
pub struct ActiveVersions {
    pub epoch: i64,
    content: i64,
    pub versions: HashMap<VersionKey, ActiveVersion>,
    subscribers: HashMap<(ProjectKey, String), EventSubscribers>,
    /// Versions that let people in by what they are.
    pub by_profile: HashMap<ProjectKey, Vec<VersionKey>>,
    /// Channels by which projects really send.
    live_channels: HashSet<(ProjectKey, Channel)>,
    /// Names of events by number.
    names: HashMap<i64, String>,
    last_name: i64,
}

/// What a version's content became, kept as long as it is not edited.
type CompiledCache = HashMap<VersionKey, (Arc<CompiledVersion>, Arc<ProfileNeeds>, Arc<Endpoints>)>;

impl ActiveVersions {
    /// Brings the plan up to date where the head says that it is not. The epoch is the one from
    /// before the reading: what changes meanwhile makes the batch fail and the plan be read again.
    pub async fn refresh(
        &mut self,
        source: &dyn EngineSource,
        head: &EngineState,
    ) -> StoreResult<()> {
        if head.epoch == self.epoch {
            return Ok(());
        }
        let active_versions = source.load_active_versions().await?;
        self.live_channels = source.load_live_channels().await?;
        let mut known: CompiledCache = if head.definitions_epoch == self.content {
            self.versions
                .drain()
                .map(|(seq, live)| (seq, (live.compiled, live.needs, live.endpoints)))
                .collect()
        } else {
            HashMap::new()
        };
        self.load(source, &active_versions, &mut known).await?;
        self.subscribers.clear();
        self.by_profile.clear();
        self.versions.clear();
        for planned in active_versions {
            if let Some((compiled, needs, endpoints)) = known.remove(&planned.seq) {
                self.add(ActiveVersion { planned, compiled, needs, endpoints });
            }
        }
        self.epoch = head.epoch;
        self.content = head.definitions_epoch;
        Ok(())
    }

    async fn load(
        &self,
        source: &dyn EngineSource,
        planned: &[ActiveVersionInfo],
        known: &mut CompiledCache,
    ) -> StoreResult<()> {
        let unknown: Vec<VersionKey> = planned
            .iter()
            .map(|version| version.seq)
            .filter(|seq| !known.contains_key(seq))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let segments = source.load_segments_by_project().await?;
        let none = HashMap::new();
        let projects: HashMap<VersionKey, ProjectKey> =
            planned.iter().map(|version| (version.seq, version.project)).collect();
        for content in source.load_version_definitions(&unknown).await? {
            let segments = projects
                .get(&content.seq)
                .and_then(|project| segments.get(project))
                .unwrap_or(&none);
            let compiled = CompiledVersion::new(&content.graph, &content.settings, segments);
            let needs = ProfileNeeds {
                events: compiled.past_event_properties(),
                lists: compiled.needs_lists(),
                profile: compiled.needs_profile(),
            };
            let endpoints = endpoints_of(&compiled);
            known.insert(content.seq, (Arc::new(compiled), Arc::new(needs), Arc::new(endpoints)));
        }
        Ok(())
    }

    fn add(&mut self, live: ActiveVersion) {
        let (seq, project) = (live.planned.seq, live.planned.project);
        for key in live.compiled.events_while_enrolled() {
            self.subscribers.entry((project, key)).or_default().inside.push(seq);
        }
        if live.takes_entries() {
            let entry = match &live.compiled.settings.entry {
                EntryTrigger::Event { name, .. } => Some(event_key(name)),
                EntryTrigger::Profile { .. } => {
                    self.by_profile.entry(project).or_default().push(seq);
                    None
                }
                EntryTrigger::Segment { .. } | EntryTrigger::List { .. } => None,
                EntryTrigger::Api {} => None,
            };
            // Any journey can be started by a program or by another journey, whatever its own entry
            // is.
            let asked = [
                start_event_key(&live.planned.journey_id.to_string()),
                start_event_key(&live.planned.journey_name),
            ];
            for key in entry.into_iter().chain(asked) {
                self.subscribers.entry((project, key)).or_default().entries.push(seq);
            }
        }
        self.versions.insert(seq, live);
    }

    /// The key of an event's name. Names are only added, so those that are known stay right.
    pub async fn load_event_names(
        &mut self,
        source: &dyn EngineSource,
        names: impl Iterator<Item = i64>,
    ) -> StoreResult<()> {
        let unknown: HashSet<i64> = names.filter(|name| !self.names.contains_key(name)).collect();
        if !unknown.is_empty() {
            for (id, _, key) in source.load_event_names(self.last_name).await? {
                self.last_name = self.last_name.max(id);
                self.names.insert(id, key);
            }
        }
        Ok(())
    }

    pub fn name(&self, name: i64) -> &str {
        self.names.get(&name).map_or("", String::as_str)
    }

    pub fn subscribers(&self, project: ProjectKey, key: &str) -> Option<&EventSubscribers> {
        // A tuple of borrowed parts is no key: one short text is copied instead.
        self.subscribers.get(&(project, key.to_string()))
    }

    /// Does the project really send by it? Otherwise the log takes its messages.
    pub fn is_live(&self, project: ProjectKey, channel: Channel) -> bool {
        self.live_channels.contains(&(project, channel))
    }

    /// What has to be known of people in any of these versions.
    pub fn needs(&self, versions: impl Iterator<Item = VersionKey>) -> ProfileNeeds {
        let mut all = ProfileNeeds::default();
        for live in versions.filter_map(|seq| self.versions.get(&seq)) {
            for (event, properties) in &live.needs.events {
                all.events.entry(event.clone()).or_default().extend(properties.iter().cloned());
            }
            all.lists |= live.needs.lists;
            all.profile |= live.needs.profile;
        }
        all
    }
}
