import Testing

@testable import corhub

@Suite("The verbs of corhub smp")
struct SMPVerbTests {
    @Test("Every verb is read from its words, and keeps its name")
    func verbs() throws {
        let hash = String(repeating: "ab", count: 32)
        let verbs: [(String, SMPVerb)] = [
            ("echo hi", .echo(text: "hi")), ("params", .parameters), ("info", .info), ("image list", .imageList),
            ("image upload a.bin", .imageUpload(path: "a.bin")), ("image test \(hash)", .imageTest(hash: hash)),
            ("image confirm", .imageConfirm(hash: nil)), ("image confirm ABCD", .imageConfirm(hash: "abcd")),
            ("image erase", .imageErase), ("reset", .reset(intoBootloader: false)),
            ("reset bootloader", .reset(intoBootloader: true)), ("datetime", .dateTime),
        ]
        for (text, verb) in verbs {
            #expect(try SMPVerb(words: text.split(separator: " ").map(String.init)) == verb)
            #expect(text.hasPrefix(verb.name))
        }
    }

    @Test("What is no verb is refused by its reason")
    func refusals() {
        func refusal(_ words: String...) -> SMPVerbError? {
            do {
                _ = try SMPVerb(words: words)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal() == .missing)
        #expect(refusal("image") == .missing)
        #expect(refusal("boot") == .unknown("boot"))
        #expect(refusal("image", "boot") == .unknown("image boot"))
        #expect(refusal("echo") == .argumentsWrong(form: "echo TEXT"))
        #expect(refusal("echo", "a", "b") == .argumentsWrong(form: "echo TEXT"))
        #expect(refusal("params", "x") == .argumentsWrong(form: "params"))
        #expect(refusal("image", "upload") == .argumentsWrong(form: "image upload FILE"))
        #expect(refusal("image", "test") == .argumentsWrong(form: "image test HASH"))
        #expect(refusal("image", "test", "abc") == .hashMalformed("abc"))
        #expect(refusal("image", "test", "wxyz") == .hashMalformed("wxyz"))
        #expect(refusal("image", "confirm", String(repeating: "a", count: 129)) != nil)
    }

    @Test("A foreign text cannot steer the terminal")
    func printable() {
        #expect("a\u{1B}[2Jb\u{202E}ä\n".printable == "a\u{FFFD}[2Jb\u{FFFD}ä\u{FFFD}")
    }
}
