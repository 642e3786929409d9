import DeviceSimulator
import Testing

@Suite("The control channel")
struct ControlTests {
    @Test(
        "Lines become commands",
        arguments: [
            (#"{"do":"run"}"#, DeviceCommand.run(artefact: .none, minutes: 30, seed: nil)),
            (
                #"{"do":"run","artefact":"late_start","minutes":5,"seed":7}"#,
                .run(artefact: .lateStart, minutes: 5, seed: 7)
            ),
            (#"{"do":"stop"}"#, .stop),
            (#"{"do":"button"}"#, .pressButton),
            (#"{"do":"hold-button"}"#, .holdButton),
            (#"{"do":"battery","percent":20}"#, .battery(percent: 20, hasExternalPower: false)),
            (#"{"do":"reboot"}"#, .reboot),
            (#"{"do":"fault","name":"wrong-hash","n":2}"#, .fault(FaultOrder(fault: .wrongHash, number: 2))),
            (#"{"do":"clear-faults"}"#, .clearFaults),
            (#"{"do":"break","part":"optics"}"#, .breakPart("optics")),
            (#"{"do":"break","part":null}"#, .breakPart(nil)),
        ])
    func commands(line: String, command: DeviceCommand) throws {
        #expect(try ControlLine(line).order == .device(command))
    }

    @Test(
        "Other lines are refused with the reason",
        arguments: [
            ("run", "the line is no JSON object"),
            ("[]", "the line is no JSON object"),
            ("{}", "\"do\" must be the name of a command"),
            (#"{"do":"dance"}"#, "\"dance\" is no command"),
            (#"{"do":"run","minutes":0}"#, "\"minutes\" must be 1 to 1440"),
            (#"{"do":"run","minutes":1441}"#, "\"minutes\" must be 1 to 1440"),
            (#"{"do":"run","seed":-1}"#, "\"seed\" must be an integer from 0 on"),
            (#"{"do":"battery","percent":101}"#, "\"percent\" must be 0 to 100"),
            (#"{"do":"fault","name":"wrong-hash","n":-1}"#, "\"n\" must be an integer from 0 on"),
        ])
    func refusals(line: String, reason: String) {
        let refusal = #expect(throws: ControlLine.Refusal.self) { try ControlLine(line) }
        #expect(refusal?.description == reason)
    }
}
