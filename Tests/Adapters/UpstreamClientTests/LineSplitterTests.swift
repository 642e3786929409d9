import Testing

@testable import UpstreamClient

@Suite("Lines of a stream")
struct LineSplitterTests {
    @Test("However a stream is cut, its lines are the same")
    func cuts() throws {
        let text = Array("one\r\ntwo\n\nthree\nrest".utf8)
        for length in 1...text.count {
            var splitter = LineSplitter(lengthMax: 100)
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: text.count, by: length) {
                lines += try splitter.append(Array(text[start..<min(start + length, text.count)]))
            }
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["one", "two", "", "three"])
            #expect(splitter.finish() == Array("rest".utf8))
            #expect(splitter.finish() == nil)
        }
    }

    @Test("A line of the limit is taken, one byte more is refused, ended or not")
    func limit() throws {
        var splitter = LineSplitter(lengthMax: 3)
        #expect(try splitter.append(Array("abc\nabc".utf8)).count == 1)
        #expect(throws: HTTPFailure.tooLarge(.line, lengthMax: 3)) { _ = try splitter.append(Array("d".utf8)) }
        var other = LineSplitter(lengthMax: 3)
        #expect(throws: HTTPFailure.tooLarge(.line, lengthMax: 3)) { _ = try other.append(Array("abcd\n".utf8)) }
    }
}
