import CHubShim

/// A line of standard input that is a secret: on a terminal it is asked for, and not shown.
enum HiddenLine {
    /// Nil at the end of the input. Ctrl-C and its like end the program as ever, and the terminal shows again what is typed.
    static func read(_ question: String) -> String? {
        question.withCString { question in
            // No terminal: a file or a pipe shows nothing.
            guard corhub_hide_typing(question) == 0 else { return readLine() }
            defer { corhub_show_typing() }
            return readLine()
        }
    }
}
