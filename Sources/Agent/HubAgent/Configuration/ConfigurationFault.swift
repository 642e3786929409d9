/// A configuration that cannot be used: where and why. The agent does not start with one.
package struct ConfigurationFault: Error, Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// From 1; nil where the whole file is meant.
    package var line: Int?
    package var reason: String

    package init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// As compilers print it: file:line: reason.
    package var description: String {
        guard let line else { return "\(file): \(reason)" }
        return "\(file):\(line): \(reason)"
    }
}
