//! Names everything that the `clippy.toml` of a pure crate refuses.

/// Types that reach outside.
pub type RefusedTypes = (
    std::fs::File,
    std::fs::OpenOptions,
    std::net::TcpListener,
    std::net::TcpStream,
    std::net::UdpSocket,
    std::process::Command,
    std::thread::Builder,
    std::time::Instant,
    std::time::SystemTime,
);

/// Functions that reach outside.
pub fn refused_functions() {
    let _ = std::env::args;
    let _ = std::env::args_os;
    let _ = std::env::current_dir;
    let _ = std::env::current_exe;
    let _ = std::env::temp_dir;
    let _ = std::env::var::<&str>;
    let _ = std::env::var_os::<&str>;
    let _ = std::env::vars;
    let _ = std::env::vars_os;
    let _ = std::fs::canonicalize::<&str>;
    let _ = std::fs::copy::<&str, &str>;
    let _ = std::fs::create_dir::<&str>;
    let _ = std::fs::create_dir_all::<&str>;
    let _ = std::fs::exists::<&str>;
    let _ = std::fs::metadata::<&str>;
    let _ = std::fs::read::<&str>;
    let _ = std::fs::read_dir::<&str>;
    let _ = std::fs::read_link::<&str>;
    let _ = std::fs::read_to_string::<&str>;
    let _ = std::fs::remove_dir::<&str>;
    let _ = std::fs::remove_dir_all::<&str>;
    let _ = std::fs::remove_file::<&str>;
    let _ = std::fs::rename::<&str, &str>;
    let _ = std::fs::write::<&str, &str>;
    let _ = std::io::stderr;
    let _ = std::io::stdin;
    let _ = std::io::stdout;
    let _ = std::process::abort;
    let _ = std::process::exit;
    let _ = std::process::id;
    let _ = std::thread::scope::<fn(&std::thread::Scope<'_, '_>), ()>;
    let _ = std::thread::sleep;
    let _ = std::thread::spawn::<fn(), ()>;
    let _ = jiff::Timestamp::now;
}
