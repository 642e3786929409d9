import TestSupport
import Testing

@testable import TUFMetadata

@Suite("Canonical JSON")
struct CanonicalJSONTests {
    private func form(_ text: String) throws(CanonicalJSON.Fault) -> String {
        String(decoding: try CanonicalJSON.form(of: Array(text.utf8)), as: UTF8.self)
    }

    @Test("Keys are in the order of their code points, without white space")
    func order() throws {
        #expect(try form(#" { "b" : 1 , "a" : [ true , false , null ] } "#) == #"{"a":[true,false,null],"b":1}"#)
        #expect(
            try form(#"{"":0,"é":1,"z":2,"Z":3,"aa":4,"a":5,"\ud83d\ude00":6,"\uffff":7}"#)
                == "{\"\":0,\"Z\":3,\"a\":5,\"aa\":4,\"z\":2,\"é\":1,\"\u{FFFF}\":7,\"😀\":6}")
        #expect(
            try form(#"{"o":{"b":{"d":1,"c":2},"a":3},"n":[{"y":1,"x":2}]}"#)
                == #"{"n":[{"x":2,"y":1}],"o":{"a":3,"b":{"c":2,"d":1}}}"#)
        // A backslash that escapes is no part of a key: " is before #, \ before ].
        #expect(try form(##"{"a#":1,"a\"":2}"##) == ##"{"a\"":2,"a#":1}"##)
        #expect(try form(#"{"a]":1,"a\\":2}"#) == #"{"a\\":2,"a]":1}"#)
        #expect(try form("{}") == "{}")
        #expect(try form("[]") == "[]")
    }

    @Test("Only the backslash and the quotation mark are escaped")
    func strings() throws {
        #expect(try form(#""\u0041\/\"\\""#) == #""A/\"\\""#)
        #expect(try form(#""\n\t\b\f\r\u0000""#) == "\"\n\t\u{08}\u{0C}\r\u{00}\"")
        #expect(try form(#""ü\u00fc\ud83d\ude00""#) == "\"üü😀\"")
    }

    @Test("Numbers are integers of 64 bits")
    func numbers() throws {
        #expect(
            try form("[0,-0,-1,9223372036854775807,-9223372036854775808]")
                == "[0,0,-1,9223372036854775807,-9223372036854775808]")
        for text in ["1.0", "1e3", "1E3", "0.5", "9223372036854775808", "01", "-", "-01", "1."] {
            #expect(throws: CanonicalJSON.Fault.numberUnsupported(offset: 0), "\(text)") { try form(text) }
        }
    }

    @Test("What is no JSON, or has a key twice, is refused")
    func refused() {
        for text in [
            "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]",
            "tru", "nul", "\"",
            "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "1 2", "{}{}", "+1",
            "NaN", "\u{FEFF}{}",
            #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":1}"#, #"{"a":1,"\u0061":2}"#,
        ] {
            #expect(throws: CanonicalJSON.Fault.self, "\(text)") { try form(text) }
        }
        #expect(throws: CanonicalJSON.Fault.notUTF8) { try CanonicalJSON.form(of: [0x22, 0xFF, 0x22]) }
    }

    @Test("Nesting has a limit")
    func depth() throws {
        #expect(try form(String(repeating: "[", count: 32) + String(repeating: "]", count: 32)).utf8.count == 64)
        #expect(throws: CanonicalJSON.Fault.tooDeep) {
            try form(String(repeating: "[", count: 33) + String(repeating: "]", count: 33))
        }
        #expect(throws: CanonicalJSON.Fault.tooDeep) { try form(String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test("Members in any order have one form, and it reads back as they are")
    func shuffled() throws {
        var generator = SeededGenerator(seed: 4)
        let names = (0..<200).map { _ in
            String((0..<4).compactMap { _ in "\"\\a#]é😀/".randomElement(using: &generator) })
        }
        let members = Set(names).map { name in
            (name, "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\":1")
        }
        let expected = try form("{" + members.map(\.1).joined(separator: ",") + "}")
        for _ in 0..<20 {
            let text = "{" + members.map(\.1).shuffled(using: &generator).joined(separator: " , ") + "}"
            #expect(try form(text) == expected)
        }
        var reader = CanonicalReader(Array(expected.utf8))
        let sorted = members.map(\.0).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(reader.value().objectValue?.map(\.name) == sorted)
    }

    @Test("Values that are skipped end where those end that are read")
    func skipping() throws {
        for text in ["1", "-12", "true", "null", "\"a,]}\\\"\"", "[]", "[[1,{\"b\":\"}\"}],2]", "{\"c\":[\"]\"]}"] {
            let canonical = try CanonicalJSON.form(of: Array("{\"a\":\(text),\"b\":7}".utf8))
            var reader = CanonicalReader(canonical)
            let value = reader.value(unread: ["a"])
            #expect(value["b"] == .integer(7), "\(text)")
            #expect(reader.offset == canonical.count)
            guard case .unread(let range)? = value["a"] else {
                Issue.record("read")
                continue
            }
            #expect(String(decoding: canonical[range], as: UTF8.self) == text)
        }
    }
}
