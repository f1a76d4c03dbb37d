//! A part of what a form edits: how it is read, how it is put back, and where it stands in the JSON
//! form, which is where the domain's complaints name it.

use leptos::prelude::*;

/// What is put back, with the path of the field that was typed into.
type Setter<T> = Callback<(T, String)>;

pub struct FieldLens<T: Send + Sync + 'static> {
    pub value: Signal<T>,
    put: Setter<T>,
    pub path: StoredValue<String>,
}

impl<T: Send + Sync + 'static> Clone for FieldLens<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for FieldLens<T> {}

impl<T: Clone + Send + Sync + 'static> FieldLens<T> {
    pub fn new(
        value: Signal<T>,
        path: &str,
        put: impl Fn(T, String) + Send + Sync + 'static,
    ) -> Self {
        Self {
            value,
            put: Callback::new(move |(new, field)| put(new, field)),
            path: StoredValue::new(path.to_string()),
        }
    }

    pub fn get(&self) -> T {
        self.value.get()
    }

    pub fn now(&self) -> T {
        self.value.get_untracked()
    }

    /// Something was typed into this very field.
    pub fn set(&self, new: T) {
        self.put.run((new, self.path.get_value()));
    }

    pub fn change(&self, work: impl FnOnce(&mut T)) {
        let mut new = self.now();
        work(&mut new);
        self.set(new);
    }

    /// A part of this part.
    pub fn under<U: Clone + Send + Sync + 'static>(
        &self,
        name: &str,
        read: impl Fn(&T) -> U + Send + Sync + 'static,
        write: impl Fn(&mut T, U) + Send + Sync + 'static,
    ) -> FieldLens<U> {
        let (value, put) = (self.value, self.put);
        let path = self.path.with_value(|path| match (path.as_str(), name) {
            (path, "") => path.to_string(),
            ("", name) => name.to_string(),
            (path, name) if name.starts_with('[') => format!("{path}{name}"),
            (path, name) => format!("{path}.{name}"),
        });
        FieldLens {
            value: Signal::derive(move || value.with(|whole| read(whole))),
            put: Callback::new(move |(new, field): (U, String)| {
                let mut whole = value.get_untracked();
                write(&mut whole, new);
                put.run((whole, field));
            }),
            path: StoredValue::new(path),
        }
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> FieldLens<Vec<T>> {
    /// One item; `spare` stands in where it is gone already.
    pub fn item(&self, index: usize, spare: T) -> FieldLens<T> {
        self.under(
            &format!("[{index}]"),
            move |all| all.get(index).cloned().unwrap_or_else(|| spare.clone()),
            move |all, new| {
                if let Some(item) = all.get_mut(index) {
                    *item = new;
                }
            },
        )
    }

    pub fn count(&self) -> Memo<usize> {
        let value = self.value;
        Memo::new(move |_| value.with(Vec::len))
    }

    pub fn remove(&self, index: usize) {
        self.change(|all| {
            if index < all.len() {
                all.remove(index);
            }
        });
    }

    pub fn push(&self, item: T) {
        self.change(|all| all.push(item));
    }
}

/// The part that a pattern names: `part!(step, "email.subject", NodeKind::Email { subject, .. } =>
/// subject)`.
macro_rules! part {
    ($whole:expr, $name:expr, $pattern:pat => $field:ident) => {
        part!($whole, $name, $pattern => $field, Default::default())
    };
    ($whole:expr, $name:expr, $pattern:pat => $field:ident, $spare:expr) => {
        $whole.under(
            $name,
            |whole| match whole {
                $pattern => $field.clone(),
                #[allow(unreachable_patterns, reason = "some wholes have one form only")]
                _ => $spare,
            },
            |whole, new| match whole {
                $pattern => *$field = new,
                #[allow(unreachable_patterns, reason = "some wholes have one form only")]
                _ => {}
            },
        )
    };
}

pub(crate) use part;
