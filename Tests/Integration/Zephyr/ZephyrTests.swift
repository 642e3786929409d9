import Testing

@Suite(
    "corhub smp against Zephyr 4.4's own SMP server", .enabled(if: ZephyrServer.isWanted),
    .timeLimit(.minutes(5)))
struct ZephyrTests {
    @Test("It echoes, and tells its buffers and what it is")
    func osGroup() throws {
        let answers = try ZephyrServer.answers(to: ["echo hello", "params", "info"])
        #expect(answers.map(\.status) == [0, 0, 0])
        #expect(answers[0].result?["text"] as? String == "hello")
        #expect(answers[1].result?["buf_size"] as? Int == 2_048)
        #expect(answers[1].result?["buf_count"] as? Int == 2)
        #expect((answers[2].result?["application"] as? String)?.contains("Zephyr") == true)
    }

    // This build of Zephyr has neither a clock nor the image group, and says so in the shape of SMP itself.
    @Test("What its firmware lacks is told as a refusal, not as silence", arguments: ["datetime", "image list"])
    func notSupported(verb: String) throws {
        let answers = try ZephyrServer.answers(to: [verb])
        #expect(answers.map(\.status) == [1])
        #expect(answers.first?.error?["code"] as? String == "device-refused")
        #expect((answers.first?.error?["message"] as? String)?.contains("NOTSUP") == true)
    }

    @Test("An echo of a thousand bytes comes back whole")
    func longEcho() throws {
        let text = String(repeating: "0123456789", count: 100)
        let answers = try ZephyrServer.answers(to: ["echo \(text)"])
        #expect(answers.first?.result?["text"] as? String == text)
    }

    @Test("After a reset it is gone, and that is told as temporary")
    func reset() throws {
        let answers = try ZephyrServer.answers(to: ["reset", "await-end", "--timeout 0.5 echo again"])
        #expect(answers.map(\.status) == [0, 75])
        #expect(answers.last?.error?["code"] as? String == "device-silent")
    }
}
