//! Versions as the dispatcher uses them: the messages of their nodes, read once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use wayfare_domain::messages::webhook_endpoint::endpoint_of_template;
use wayfare_domain::{graph::node::SendOptions, ids::VersionKey, journeys::settings::Settings};
use wayfare_store::{
    StoreResult,
    engine::EngineSource,
    outbox::{OutboxStore, VersionNames},
};
use wayfare_templates::CompiledMessage;

/// A node that sends something.
pub struct CachedNode {
    pub sending: SendOptions,
    /// Or why it cannot be filled in.
    pub message: Result<CompiledMessage, String>,
    /// Who receives it, where it is a webhook to the same machine for everybody.
    pub endpoint: Option<String>,
}

pub struct CachedVersion {
    pub names: VersionNames,
    pub settings: Settings,
    /// By the node's id.
    pub nodes: HashMap<String, CachedNode>,
}

/// What was read so far. Forgotten as a whole when anything was edited.
#[derive(Default)]
pub struct VersionCache {
    content: i64,
    versions: HashMap<VersionKey, Arc<CachedVersion>>,
}

impl VersionCache {
    /// What is edited in place goes for messages that wait already.
    pub fn refresh(&mut self, content: i64) {
        if content != self.content {
            *self = Self { content, ..Self::default() };
        }
    }

    pub fn get(&self, version: VersionKey) -> Option<Arc<CachedVersion>> {
        self.versions.get(&version).cloned()
    }

    /// Reads those that are not known yet.
    pub async fn learn(
        &mut self,
        outbox: &dyn OutboxStore,
        source: &dyn EngineSource,
        versions: impl Iterator<Item = VersionKey>,
    ) -> StoreResult<()> {
        let unknown: HashSet<VersionKey> =
            versions.filter(|version| !self.versions.contains_key(version)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown: Vec<VersionKey> = unknown.into_iter().collect();
        let mut names = outbox.load_version_names(&unknown).await?;
        for content in source.load_version_definitions(&unknown).await? {
            let Some(names) = names.remove(&content.seq) else { continue };
            let messages = content.graph.nodes.into_iter().filter(|node| node.step.is_message());
            let nodes = messages.map(|node| {
                let message = CompiledMessage::new(&node.step).map_err(|problems| {
                    let sentences: Vec<String> =
                        problems.into_iter().map(|problem| problem.sentence).collect();
                    sentences.join(" ")
                });
                let endpoint = node.step.uses().webhook_url.and_then(endpoint_of_template);
                (node.id, CachedNode { sending: node.sending, message, endpoint })
            });
            let known = CachedVersion { names, settings: content.settings, nodes: nodes.collect() };
            self.versions.insert(content.seq, Arc::new(known));
        }
        Ok(())
    }
}
