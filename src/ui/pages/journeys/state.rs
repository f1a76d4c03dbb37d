//! What the parts of the list share: the page they show, what is ticked, and the one way of
//! carrying out an action.

use std::collections::HashSet;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{
        AppError,
        journeys::clone_journey,
        operations::{operate, preview_stop},
    },
    ui::{dom, toaster::Toaster},
};
use wayfare_domain::{
    access::{actor::CurrentMember, permissions::Permission},
    ids::JourneyId,
    journeys::{
        list::page::ListPage,
        read_model::JourneySummary,
        transition::{Action, TransitionResult, transition},
    },
    operations::{OperationResult, StopPreview},
};

/// Which journeys an action is about, as the server functions take it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionTarget {
    pub ids: Vec<String>,
    pub matching: Option<String>,
}

impl ActionTarget {
    pub fn one(id: JourneyId) -> Self {
        Self { ids: vec![id.to_string()], matching: None }
    }
}

/// The dialog that is open over the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    Stop { target: ActionTarget, preview: StopPreview },
    Label { target: ActionTarget, count: i64 },
    Rename { journey: JourneyId, name: String },
    Description { journey: JourneyId, name: String, description: String },
}

#[derive(Clone, Copy)]
pub struct ListState {
    pub page: Memo<ListPage>,
    pub refresh: RwSignal<u32>,
    /// Ticked journeys; some may have left the page meanwhile.
    pub ticked: RwSignal<HashSet<JourneyId>>,
    /// Everything that the filter matches is chosen, not only the ticked.
    pub all_matching: RwSignal<bool>,
    /// The journey ticked last, where a Shift-click's range begins.
    pub anchor: StoredValue<Option<JourneyId>>,
    /// False on the server and until the page listens: then nothing may differ from what the server
    /// sent.
    pub alive: RwSignal<bool>,
    pub busy: RwSignal<bool>,
    pub dialog: RwSignal<Option<Dialog>>,
    /// The address of this list.
    pub url: Memo<String>,
    /// The project and role of the user. If they change, the page is loaded anew.
    pub seat: Option<CurrentMember>,
    toaster: Toaster,
}

impl ListState {
    pub fn new(page: Memo<ListPage>, refresh: RwSignal<u32>) -> Self {
        let state = Self {
            page,
            refresh,
            ticked: RwSignal::new(HashSet::new()),
            all_matching: RwSignal::new(false),
            anchor: StoredValue::new(None),
            alive: RwSignal::new(false),
            busy: RwSignal::new(false),
            dialog: RwSignal::new(None),
            url: Memo::new(move |_| page.read().query.to_url()),
            seat: page.with_untracked(|page| page.seat),
            toaster: expect_context::<Toaster>(),
        };
        // Ticks made before the page came alive are read here, before hydration can touch the
        // boxes.
        let ticked: HashSet<JourneyId> = dom::ticked_journeys().into_iter().collect();
        Effect::new(move |_| {
            state.ticked.set(ticked.clone());
            state.alive.set(true);
        });
        // The role was changed, or another project was chosen in another tab: everything around the
        // list changes, too.
        Effect::new(move |_| {
            if page.with(|page| page.seat) != state.seat {
                dom::reload();
            }
        });
        // Another page or filter is another list: nothing on it was chosen yet.
        Effect::new(move |earlier: Option<String>| {
            let url = state.url.get();
            if earlier.is_some_and(|earlier| earlier != url) {
                state.clear();
            }
            url
        });
        state
    }

    pub fn clear(&self) {
        self.ticked.set(HashSet::new());
        self.all_matching.set(false);
        self.anchor.set_value(None);
    }

    /// The ticked rows that are on the page, in its order.
    pub fn chosen_rows(&self) -> Vec<JourneySummary> {
        self.page.with(|page| {
            self.ticked.with(|ticked| {
                page.rows.iter().filter(|row| ticked.contains(&row.id)).cloned().collect()
            })
        })
    }

    /// How many journeys an action would be about.
    pub fn chosen_count(&self) -> i64 {
        if self.all_matching.get() {
            return self.page.with(|page| page.total);
        }
        self.page.with(|page| {
            self.ticked.with(|ticked| {
                page.rows.iter().filter(|row| ticked.contains(&row.id)).count() as i64
            })
        })
    }

    /// Is every row of the page ticked?
    pub fn page_fully_ticked(&self) -> bool {
        self.page.with(|page| {
            self.ticked.with(|ticked| {
                !page.rows.is_empty() && page.rows.iter().all(|row| ticked.contains(&row.id))
            })
        })
    }

    /// Would the action do anything to any of the chosen journeys?
    pub fn applies(&self, action: Action) -> bool {
        if self.all_matching.get() {
            return self.page.with(|page| page.total > 0);
        }
        let now = self.page.with(|page| page.now);
        let applies = |row: &JourneySummary| {
            matches!(transition(row.state(now), action), TransitionResult::Apply(_))
        };
        self.page.with(|page| {
            self.ticked
                .with(|ticked| page.rows.iter().filter(|row| ticked.contains(&row.id)).any(applies))
        })
    }

    /// Whether the role allows it. The server decides; this only disables buttons early.
    pub fn may(&self, permission: Permission) -> bool {
        self.seat.is_none_or(|seat| seat.may(permission))
    }

    /// The query of everything that the list's filter matches.
    pub fn matching(&self, page: &ListPage) -> String {
        page.query.with_page(1).to_matching(self.seat.map(|seat| seat.project))
    }

    /// What the bulk buttons are about right now.
    pub fn target(&self) -> ActionTarget {
        if self.all_matching.get_untracked() {
            let matching = self.page.with_untracked(|page| self.matching(page));
            return ActionTarget { ids: Vec::new(), matching: Some(matching) };
        }
        let ids = untrack(|| self.chosen_rows()).iter().map(|row| row.id.to_string()).collect();
        ActionTarget { ids, matching: None }
    }

    /// Ticks or unticks a journey, or with Shift the range since the last one.
    pub fn tick(&self, id: JourneyId, on: bool, range: bool) {
        let anchor = self.anchor.get_value();
        let rows: Vec<JourneyId> =
            self.page.with_untracked(|page| page.rows.iter().map(|row| row.id).collect());
        let place = |wanted: JourneyId| rows.iter().position(|row| *row == wanted);
        let ids: &[JourneyId] = match (range, anchor.and_then(place), place(id)) {
            (true, Some(from), Some(to)) => &rows[from.min(to)..=from.max(to)],
            _ => &[id],
        };
        self.ticked.update(|ticked| {
            for id in ids {
                if on {
                    ticked.insert(*id)
                } else {
                    ticked.remove(id)
                };
            }
        });
        self.all_matching.set(false);
        self.anchor.set_value(Some(id));
    }

    pub fn tick_page(&self, on: bool) {
        let rows: Vec<JourneyId> =
            self.page.with_untracked(|page| page.rows.iter().map(|row| row.id).collect());
        self.ticked.set(if on { rows.into_iter().collect() } else { HashSet::new() });
        self.all_matching.set(false);
    }

    /// Carries out an action; Stop asks first.
    pub fn act(self, action: Action, target: ActionTarget) {
        if action == Action::Stop {
            self.ask_stop(target);
        } else {
            self.run(async move {
                operate(action.key().to_string(), target.ids, target.matching, None, String::new())
                    .await
            });
        }
    }

    /// Counts what Stop would end, and asks.
    fn ask_stop(self, target: ActionTarget) {
        self.busy.set(true);
        spawn_local(async move {
            match preview_stop(target.ids.clone(), target.matching.clone()).await {
                Ok(preview) => self.dialog.set(Some(Dialog::Stop { target, preview })),
                Err(error) => self.toaster.error(&error),
            }
            self.busy.set(false);
        });
    }

    /// Stops what was shown; where it has changed meanwhile, shows it again.
    pub fn confirm_stop(self, target: ActionTarget, digest: String) {
        self.busy.set(true);
        spawn_local(async move {
            let action = Action::Stop.key().to_string();
            match operate(
                action,
                target.ids.clone(),
                target.matching.clone(),
                Some(digest),
                String::new(),
            )
            .await
            {
                Ok(answer) => {
                    self.dialog.set(None);
                    self.done(&answer);
                }
                Err(error) => {
                    self.dialog.set(match &error {
                        AppError::SelectionChanged(preview) => {
                            Some(Dialog::Stop { target, preview: (**preview).clone() })
                        }
                        _ => None,
                    });
                    self.toaster.error(&error);
                }
            }
            self.busy.set(false);
        });
    }

    /// Runs a server function and tells what it did.
    pub fn run(self, call: impl Future<Output = Result<OperationResult, AppError>> + 'static) {
        self.busy.set(true);
        spawn_local(async move {
            match call.await {
                Ok(answer) => self.done(&answer),
                Err(error) => {
                    self.toaster.error(&error);
                    self.refresh.update(|count| *count += 1);
                }
            }
            self.busy.set(false);
        });
    }

    fn done(&self, answer: &OperationResult) {
        self.toaster.outcome(answer);
        self.clear();
        self.refresh.update(|count| *count += 1);
        // The button that was pressed is disabled now; the keyboard goes to what it did.
        dom::focus_if_lost("toasts");
    }

    pub fn clone_and_open(self, id: JourneyId) {
        self.busy.set(true);
        spawn_local(async move {
            match clone_journey(id.to_string(), String::new()).await {
                Ok(clone) => dom::go_to(&format!("/journeys/{clone}/edit")),
                Err(error) => self.toaster.error(&error),
            }
            self.busy.set(false);
        });
    }

    pub fn toaster(&self) -> Toaster {
        self.toaster
    }
}
