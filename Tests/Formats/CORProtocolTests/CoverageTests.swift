import CBORCoding
import CORProtocol
import Foundation
import TestSupport
import Testing

/// Each rule of the CDDL has one Swift type, and each type one rule.
enum ProfileRules {
    /// Messages that are COSE_Sign1, and unions, which have types that are no `CBORShape`.
    static let otherTypes: [String: Any.Type] = [
        "signed-record": SignedRecord.self, "signed-attestation": SignedAttestation.self,
        "signed-batch": SignedBatch.self, "signed-receipt": SignedReceipt.self,
        "inclusion-receipt": InclusionReceipt.self, "signed-model": SignedModel.self,
        "signed-recalls": SignedRecallList.self, "record-body": RecordBody.self,
    ]

    /// Rules for parts that Swift's own types or COSESigning hold.
    static let partRules: Set<String> = [
        "unix-ms", "sequence", "uint32", "uint63", "int64", "milli", "reason-text", "fall", "fall-micrometres",
        "trace-value", "signed-protected", "signed-unprotected", "thumbprint", "certificate", "certificate-chain",
        "signature", "inclusion-protected", "inclusion-unprotected", "inclusion-proofs", "encoded-inclusion-proof",
    ]

    /// Rules that are another name for `empty`.
    static let emptyRules: Set<String> = [
        "identity-request", "clock-request", "owner-request", "status-request", "identify-response",
        "self-test-request",
    ]
}

@Suite("The CDDL and the Swift types cover each other")
struct CoverageTests {
    @Test("Each rule has a type")
    func rulesHaveTypes() throws {
        let known = Set(try Samples.all().keys).union(ProfileRules.otherTypes.keys).union(ProfileRules.partRules)
            .union(ProfileRules.emptyRules)
        let rules = try Self.rules()
        #expect(rules.subtracting(known) == [])
        #expect(known.subtracting(rules) == [])
    }

    @Test("Each type names its rule, and is the one listed for it")
    func typesHaveRules() throws {
        var types = try Samples.all().mapValues { String(describing: type(of: $0)) }
        for (rule, type) in ProfileRules.otherTypes { types[rule] = String(describing: type) }
        for (type, rule) in try Self.documentedTypes() { #expect(types[rule] == type, "\(type) says it is \(rule)") }
        let documented = Set(try Self.documentedTypes().keys)
        #expect(Set(types.values).subtracting(documented) == [])
        let shapes = try Self.matches(#"(?:struct|enum) (\w+): (?:\w+, )?CBORShape"#).map { $0[0] }
        #expect(Set(shapes).union(try Self.signedTypes()).subtracting(documented) == [])
    }

    @Test("Rules that are empty are the empty message")
    func emptyRules() throws {
        let text = try Self.cddl()
        for rule in ProfileRules.emptyRules { #expect(text.contains("\(rule) = empty")) }
    }

    private static func signedTypes() throws -> Set<String> {
        Set(try matches(#"package struct (Signed\w+|InclusionReceipt): Sendable"#).map { $0[0] })
    }

    /// Rule by type, as the documentation of the types says.
    private static func documentedTypes() throws -> [String: String] {
        var rules: [String: String] = [:]
        for match in try matches(#"firmware-specs/cddl: `([a-z0-9-]+)`\.\npackage (?:struct|enum) (\w+)"#) {
            rules[match[1]] = match[0]
        }
        return rules
    }

    private static func matches(_ pattern: String) throws -> [[String]] {
        let expression = try NSRegularExpression(pattern: pattern)
        return try sources().flatMap { source in
            expression.matches(in: source, range: NSRange(source.startIndex..., in: source)).map { match in
                (1..<match.numberOfRanges).map { index in
                    Range(match.range(at: index), in: source).map { String(source[$0]) } ?? ""
                }
            }
        }
    }

    private static func rules() throws -> Set<String> {
        var rules: Set<String> = []
        for line in try cddl().split(separator: "\n") {
            guard let name = line.split(separator: " ").first, line.dropFirst(name.count).hasPrefix(" ="),
                !name.hasPrefix(";")
            else { continue }
            #expect(rules.insert(String(name)).inserted, "\(name) is defined twice")
        }
        return rules
    }

    private static func cddl() throws -> String {
        try texts(in: "firmware-specs/cddl", withExtension: "cddl").joined(separator: "\n")
    }

    private static func sources() throws -> [String] {
        try texts(in: "Sources/Formats/CORProtocol", withExtension: "swift")
    }

    private static func texts(in folder: String, withExtension pathExtension: String) throws -> [String] {
        let root = PackageFolder.root.appending(path: folder)
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == pathExtension }.map {
            try String(contentsOf: $0, encoding: .utf8)
        }
    }
}
