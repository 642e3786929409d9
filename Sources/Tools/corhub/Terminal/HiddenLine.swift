import Glibc

/// A line of standard input that is a secret: on a terminal it is asked for, and not shown.
enum HiddenLine {
    /// Nil at the end of the input. Ctrl-C ends the program as ever; shells set their terminal right behind it.
    static func read(_ question: String) -> String? {
        var shown = termios()
        // No terminal: a file or a pipe shows nothing.
        guard tcgetattr(STDIN_FILENO, &shown) == 0 else { return readLine() }
        var hidden = shown
        hidden.c_lflag = hidden.c_lflag & ~tcflag_t(ECHO) | tcflag_t(ECHONL)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer { tcsetattr(STDIN_FILENO, TCSANOW, &shown) }
        StandardStreams.printError(question)
        return readLine()
    }
}
