//! One field of what a form edits: how it is read, how it is set, and its path in the JSON form, by
//! which the domain names the fields that have problems.

use leptos::prelude::*;

/// Sets a value, with the path of the field that was typed into.
type Setter<T> = Callback<(T, String)>;

pub struct FieldLens<T: Send + Sync + 'static> {
    pub value: Signal<T>,
    setter: Setter<T>,
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
        set: impl Fn(T, String) + Send + Sync + 'static,
    ) -> Self {
        Self {
            value,
            setter: Callback::new(move |(new, field)| set(new, field)),
            path: StoredValue::new(path.to_string()),
        }
    }

    pub fn get(&self) -> T {
        self.value.get()
    }

    pub fn get_untracked(&self) -> T {
        self.value.get_untracked()
    }

    /// Sets this very field.
    pub fn set(&self, new: T) {
        self.setter.run((new, self.path.get_value()));
    }

    pub fn update(&self, change: impl FnOnce(&mut T)) {
        let mut new = self.get_untracked();
        change(&mut new);
        self.set(new);
    }

    /// A field below this one. Functions and not closures, so that this is compiled once for each pair
    /// of types and not once for each field.
    pub fn under<U: Clone + Send + Sync + 'static>(
        &self,
        name: &str,
        read: fn(&T) -> U,
        write: fn(&mut T, U),
    ) -> FieldLens<U> {
        self.derive(name, read, write)
    }

    fn derive<U: Clone + Send + Sync + 'static>(
        &self,
        name: &str,
        read: impl Fn(&T) -> U + Send + Sync + 'static,
        write: impl Fn(&mut T, U) + Send + Sync + 'static,
    ) -> FieldLens<U> {
        let (value, setter) = (self.value, self.setter);
        FieldLens {
            value: Signal::derive(move || value.with(&read)),
            setter: Callback::new(move |(new, field): (U, String)| {
                let mut whole = value.get_untracked();
                write(&mut whole, new);
                setter.run((whole, field));
            }),
            path: join_path(self.path, name),
        }
    }
}

fn join_path(path: StoredValue<String>, name: &str) -> StoredValue<String> {
    let joined = path.with_value(|path| match (path.as_str(), name) {
        (path, "") => path.to_string(),
        ("", name) => name.to_string(),
        (path, name) if name.starts_with('[') => format!("{path}{name}"),
        (path, name) => format!("{path}.{name}"),
    });
    StoredValue::new(joined)
}

impl<T: Clone + PartialEq + Send + Sync + 'static> FieldLens<Vec<T>> {
    /// One item; `spare` stands in where it is gone already.
    pub fn item(&self, index: usize, spare: T) -> FieldLens<T> {
        self.derive(
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
        self.update(|all| {
            if index < all.len() {
                all.remove(index);
            }
        });
    }

    pub fn push(&self, item: T) {
        self.update(|all| all.push(item));
    }
}

/// The field that a pattern names: `field!(step, "email.subject", NodeKind::Email { subject, .. } =>
/// subject)`.
macro_rules! field {
    ($whole:expr, $name:expr, $pattern:pat => $field:ident) => {
        field!($whole, $name, $pattern => $field, Default::default())
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

pub(crate) use field;
