import DeviceLinks
import HubCore
import JSONCoding
import SMPProtocol

/// Does one verb against one device.
struct SMPSession: Sendable {
    /// For devices that do not tell theirs: Zephyr's default buffer, one at a time.
    static let parametersDefault = ParametersResponse(bufferSize: 384, bufferCount: 1)
    /// An erase answers only when it is done; slots of megabytes take tens of seconds.
    static let eraseTimeoutMin = Duration.seconds(90)

    var client: SMPClient
    var timeout: Duration
    var imageNumber: UInt32?
    var upgrade: Bool
    /// The link that carries the client.
    var link: any DeviceLink

    func perform(_ verb: SMPVerb) async throws(SMPProblem) -> SMPReport {
        switch verb {
        case .echo(let text): try await echo(text)
        case .parameters: try await parameters()
        case .info: try await info()
        case .imageList: try await imageList()
        case .imageUpload(let path): try await imageUpload(path)
        case .imageTest(let hash): try await imageTest(hash)
        case .imageConfirm(let hash): try await imageConfirm(hash)
        case .imageErase: try await imageErase()
        case .reset(let intoBootloader): try await reset(intoBootloader: intoBootloader)
        case .dateTime: try await dateTime()
        }
    }

    func request<Request: SMPRequest>(
        _ request: Request, responseTimeout: Duration? = nil, attemptCountMax: Int? = nil
    ) async throws(SMPProblem) -> Request.Response {
        do {
            return try await client.request(
                request, responseTimeout: responseTimeout ?? timeout, attemptCountMax: attemptCountMax)
        } catch {
            throw SMPProblem(error)
        }
    }

    /// Nil where the firmware does not have the command.
    func requestIfSupported<Request: SMPRequest>(_ request: Request) async throws(SMPProblem) -> Request.Response? {
        do {
            return try await client.request(request, responseTimeout: timeout)
        } catch .refused(let failure) where failure.returnCode == .notSupported {
            return nil
        } catch {
            throw SMPProblem(error)
        }
    }
}

// MARK: - OS group

extension SMPSession {
    private func echo(_ text: String) async throws(SMPProblem) -> SMPReport {
        let clock = ContinuousClock()
        let start = clock.now
        let answer = try await request(EchoRequest(text: text))
        let microseconds = (clock.now - start).microseconds
        guard answer.text == text else {
            throw SMPProblem(
                status: .failed, code: "echo-differs", message: "the device sent back \"\(answer.text.printable)\"")
        }
        return SMPReport(
            lines: [answer.text.printable],
            result: ["text": .string(answer.text), "round_trip_us": .integer(microseconds)])
    }

    private func parameters() async throws(SMPProblem) -> SMPReport {
        let answer = try await request(ParametersRequest())
        return SMPReport(
            lines: ["buffer size   \(answer.bufferSize) bytes", "buffer count  \(answer.bufferCount)"],
            result: answer.json)
    }

    private func info() async throws(SMPProblem) -> SMPReport {
        let application = try await requestIfSupported(AppInfoRequest(format: "a"))
        let bootloader = try await requestIfSupported(BootloaderInfoRequest())
        let mode = try await requestIfSupported(BootloaderInfoRequest(query: BootloaderInfoRequest.modeQuery))
        let parameters = try await requestIfSupported(ParametersRequest())
        let unknown = "not told"
        return SMPReport(
            lines: [
                "application   \(application?.output.printable ?? unknown)",
                "bootloader    \(bootloader?.bootloader?.printable ?? unknown)",
                "boot mode     \(mode?.mode.map(String.init) ?? unknown)",
                "buffers       \(parameters.map { "\($0.bufferCount) of \($0.bufferSize) bytes" } ?? unknown)",
            ],
            result: [
                "application": application.map { .string($0.output) } ?? .null,
                "bootloader": bootloader?.bootloader.map(JSONValue.string) ?? .null,
                "boot_mode": mode?.mode.map { .integer(Int64($0)) } ?? .null,
                "parameters": parameters?.json ?? .null,
            ])
    }

    private func reset(intoBootloader: Bool) async throws(SMPProblem) -> SMPReport {
        // Once only: a repeated reset would restart the device that has just come back.
        _ = try await request(ResetRequest(bootMode: intoBootloader ? 1 : nil), attemptCountMax: 1)
        return SMPReport(lines: ["the device restarts"], result: ["restarts": true])
    }

    private func dateTime() async throws(SMPProblem) -> SMPReport {
        let answer = try await request(DateTimeReadRequest())
        return SMPReport(lines: [answer.dateTime.printable], result: ["datetime": .string(answer.dateTime)])
    }
}

extension ParametersResponse {
    var json: JSONValue {
        ["buf_size": .integer(Int64(bufferSize)), "buf_count": .integer(Int64(bufferCount))]
    }
}

extension Duration {
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
