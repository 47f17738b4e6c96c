//! The program: hands its arguments to the library and returns its exit code.

fn main() -> std::process::ExitCode {
    viva::run(std::env::args_os())
}
