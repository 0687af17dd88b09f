//! A `psql` process that stays open, so that a statement needs no new process or connection.

use std::io::{BufRead, BufReader, PipeReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Marks the end of each result.
const END: &str = "-- end of the answer --";

#[derive(Debug)]
pub(super) struct Session {
    process: Child,
    statements: Option<ChildStdin>,
    answers: BufReader<PipeReader>,
}

impl Session {
    /// Starts `psql`, which is already set up for the server.
    pub(super) fn start(mut psql: Command, database: &str) -> Self {
        let (answers, output) = std::io::pipe().expect("a pipe");
        let mut process = psql
            .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database])
            .env("PGOPTIONS", "-c client_min_messages=error")
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a pipe"))
            .stderr(output)
            .spawn()
            .expect("psql");
        let statements = process.stdin.take();
        Self { process, statements, answers: BufReader::new(answers) }
    }

    /// Returns a line per row, or the error.
    pub(super) fn ask(&mut self, statement: &str) -> Result<String, String> {
        let statements = self.statements.as_mut().expect("it is not dropped");
        // It may have exited: its error is read below.
        let _ = writeln!(statements, "{statement}\n;\n\\echo {END}");
        let mut answer = String::new();
        loop {
            let begin = answer.len();
            match self.answers.read_line(&mut answer) {
                Ok(0) | Err(_) => return Err(answer),
                Ok(_) if answer[begin..].trim_end() == END => {
                    answer.truncate(begin);
                    return Ok(answer.trim_end().to_owned());
                }
                Ok(_) => {}
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.statements = None;
        let _ = self.process.wait();
    }
}
