import JSONCoding

/// What the demonstration shows, step by step; each step waits for what it claims and fails if it does not come.
struct DemoScript {
    let stage: DemoStage
    let say: (String) -> Void

    func play() async throws(CommandProblem) {
        say("== Three programs on this machine, in \(stage.folder)")
        let device = try stage.startDevice(speed: 600, seed: 2_026)
        say("   a virtual COR One, \(device.serial), at \(device.address) (30 minutes pass in 3 seconds)")
        let url = try stage.startUpstream()
        say("   an upstream at \(url), mTLS, with its own certificate authority")
        try stage.enrol(url: url)
        say("   this hub has made its keys and is enrolled as \(DemoStage.hub)")
        try stage.startAgent(deviceAddress: device.address)
        let agent = try await connected()
        say("   the agent runs; it has attested \(device.serial) by its certificate")
        _ = try await RegistrationDialogue(client: agent, isJSON: true).carryOut(.register, device.serial)
        say("   its button was pressed: it is this hub's, and the upstream has agreed\n")

        say("== 1. A measurement, watched to its receipt")
        try stage.measure(artefact: "none", seed: 11)
        let first = try await reading(1, agent)
        try await show(try await receipted(first, agent), agent)

        say("== 2. The upstream is cut off; measurements go on")
        stage.cutUpstream()
        try stage.measure(artefact: "none", seed: 23)
        let second = try await reading(2, agent)
        say("   stored and analysed on the hub: \(second.list("results").last?.resultText ?? "-")")

        say("== 3. A clot in the column, still without an upstream")
        try stage.measure(artefact: "clot", seed: 12)
        let third = try await reading(3, agent)
        say("   quality control refuses a number: \(third.list("results").last?.resultText ?? "-")")
        let waiting = try await waitingText(agent)
        say("   meanwhile \(waiting)\n")

        say("== 4. The upstream is back: everything arrives, once")
        _ = try stage.startUpstream()
        try await show(try await receipted(second, agent), agent)
        try await show(try await receipted(third, agent), agent)

        say("== 5. The hub's own log")
        try await proveAudit(agent)
        say("\nThree readings traced from sample to receipt. Logs and evidence are in \(stage.folder).")
    }

    private func connected() async throws(CommandProblem) -> ControlClient {
        let client = try ControlClient(socket: stage.socket)
        try await eventually("the agent connects to the device") { () async throws(CommandProblem) in
            do throws(CommandProblem) {
                let links = try await client.get("/v1/status").list("links")
                return links.contains { $0.text("state") == "unclaimed" } ? () : nil
            } catch {
                guard error.status == .temporary else { throw error }
                return nil  // It is starting.
            }
        }
        return client
    }

    private func reading(_ sequence: Int64, _ agent: ControlClient) async throws(CommandProblem) -> JSONValue {
        try await eventually("record \(sequence) arrives") { () async throws(CommandProblem) in
            try await agent.get("/v1/readings").list("readings").first { $0["sequence"]?.integerValue == sequence }
        }
    }

    private func receipted(_ reading: JSONValue, _ agent: ControlClient) async throws(CommandProblem) -> JSONValue {
        let id = reading.text("record_id")
        return try await eventually("the receipt for \(id.prefix(12))") { () async throws(CommandProblem) in
            let trace = try await agent.get("/v1/readings/\(id)/trace")
            let isPruned = trace.text("reading", "bytes") == "pruned"
            guard trace["record_passage"]?["receipt"]?.objectValue != nil, isPruned else {
                return Optional.none  // `nil` alone would be JSON's null.
            }
            return trace
        }
    }

    private func show(_ trace: JSONValue, _ agent: ControlClient) async throws(CommandProblem) {
        say("   $ corhub reading trace \(trace.text("reading", "record_id").prefix(12))")
        for line in ReadingTraceCommand.lines(trace) {
            say("   \(line)")
        }
        say("")
        let checks = trace.list("checks")
        let unproven = checks.filter { $0.text("outcome") != "holds" }
        guard !checks.isEmpty, unproven.isEmpty else {
            throw CommandProblem(
                .failed, code: "chain-broken",
                "not proven: \(unproven.map { $0.text("step") }.joined(separator: ", "))")
        }
    }

    private func waitingText(_ agent: ControlClient) async throws(CommandProblem) -> String {
        try await eventually("records wait for the upstream") { () async throws(CommandProblem) in
            let answer = try await agent.get("/v1/buffer")
            guard answer["buffer"]?["batches_without_receipt"]?["count"]?.integerValue ?? 0 > 0 else { return nil }
            return "\(answer.text("buffer", "batches_without_receipt", "count")) batch and "
                + "\(answer.text("buffer", "pending_records", "count")) more records wait "
                + "(\(StatusCommand.forwarding(answer)))"
        }
    }

    private func proveAudit(_ agent: ControlClient) async throws(CommandProblem) {
        let chain = try await AuditChainCheck.ofAgent(agent) { _ in }
        say("   $ corhub audit verify")
        say("   \(chain.count) entries, \(chain.firstSequence) to \(chain.nextSequence - 1), form one chain")
    }

    /// Asks ten times a second, for at most a minute.
    private func eventually<Value>(
        _ what: String, _ ask: () async throws(CommandProblem) -> Value?
    ) async throws(CommandProblem) -> Value {
        for _ in 0..<600 {
            if let value = try await ask() { return value }
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                throw CommandProblem(.interrupted, code: "interrupted", "interrupted")
            }
        }
        throw CommandProblem(.failed, code: "demo", "waited a minute in vain: \(what); see the logs in \(stage.folder)")
    }
}
