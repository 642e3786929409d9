/// Why the tool ends: one line for a person. ArgumentParser prints it and exits with 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
