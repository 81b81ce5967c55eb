//! The form of a session's name: what the names of all sessions of its kind have in common.

/// Folders in which every session, task or job has a place named by its id.
const OF_IDS: [&str; 20] = [
    "container",
    "containers",
    "instance",
    "instances",
    "job",
    "jobs",
    "node",
    "nodes",
    "pod",
    "pods",
    "run",
    "runs",
    "runner",
    "runners",
    "session",
    "sessions",
    "task",
    "tasks",
    "worker",
    "workers",
];
/// The minimum length of a random id of digits and letters.
const MIN_ID: usize = 20;

/// Whether two names belong to sessions of one kind: `job-17` and `job-18`, two pods of one
/// deployment, or, below a folder of such ids, two purely random names.
pub(super) fn are_alike(own: &str, other: &str, folder: &str) -> bool {
    if own == other {
        return false;
    }
    if is_random(own) {
        let is_of_ids = OF_IDS.contains(&folder.to_ascii_lowercase().as_str());
        return is_of_ids && is_random(other) && own.len() == other.len();
    }
    let (Some(own), Some(other)) = (name_form(own), name_form(other)) else { return false };
    own == other
}

/// A name's form, with one symbol for each run of digits and each random part; `None` if its
/// letters say too little.
fn name_form(name: &str) -> Option<String> {
    let mut form = String::new();
    for part in name.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let end = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let mark = part.get(end.len()..).unwrap_or_default();
        if is_mixed(end) {
            form.push('0');
        } else {
            for c in end.chars() {
                let c = if c.is_ascii_digit() { '0' } else { c };
                if c != '0' || !form.ends_with('0') {
                    form.push(c);
                }
            }
        }
        form.push_str(mark);
    }
    let letters = form.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 3 && form.contains('0')).then_some(form)
}

/// Whether a part is random: hexadecimal, or made of the vowelless letters with which Kubernetes
/// ends pod names.
fn is_mixed(part: &str) -> bool {
    let is_hex = part.len() >= 4
        && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        && part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_pods = matches!(part.len(), 5 | 8..=10)
        && part.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte));
    is_hex || is_pods
}

/// Whether a name is only an id: a task's 32 hexadecimal digits, a UUID.
fn is_random(name: &str) -> bool {
    name.len() >= MIN_ID
        && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_digit())
}
