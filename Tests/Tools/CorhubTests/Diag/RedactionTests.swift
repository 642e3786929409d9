import Testing

@testable import corhub

@Suite("Redaction of a diagnosis")
struct RedactionTests {
    @Test("Of two names that begin alike the longer one is replaced")
    func longestNameWins() {
        var redaction = Redaction()
        redaction.learn("COR1-17", as: "device")
        redaction.learn("COR1-1799", as: "device")
        #expect(redaction.redacted("COR1-1799 and COR1-17, not COR1-1") == "device-2 and device-1, not COR1-1")
    }

    @Test("A word that stands in place of a name is not taken for a name")
    func wordsAreNotReplaced() {
        var redaction = Redaction()
        redaction.learn("Kitchen", as: "name")
        redaction.learn("name", as: "subject")
        #expect(redaction.redacted("Kitchen: name") == "name-1: subject-1")
    }

    @Test("Bytes around a name are kept as they are", arguments: ["", "e", "Ångström 血沈 ", "\u{0}"])
    func otherTextIsKept(text: String) {
        var redaction = Redaction()
        redaction.learn("Müller", as: "subject")
        #expect(redaction.redacted("\(text)Müller\(text)") == "\(text)subject-1\(text)")
    }
}
