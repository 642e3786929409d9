import DeviceSimulator
import Dispatch
import Glibc
import JSONCoding

/// What ends or steers a running device from outside: signals, and lines of the control channel.
struct RunEvents {
    enum Event: Sendable {
        case signal
        case line(String)
        case inputEnded
    }

    let stream: AsyncStream<Event>
    private let signalSources: [any DispatchSourceSignal]

    /// Lines that wait to be carried out; what comes on top is refused.
    private static let waitingCountMax = 1_024

    init(listensToInput: Bool) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingOldest(Self.waitingCountMax))
        self.stream = stream
        signalSources = [SIGTERM, SIGINT].map { number in
            // The default action would end the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(.signal) }
            source.resume()
            return source
        }
        // A write to a reader that has gone is an error to look at, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        if listensToInput { Self.readInput(continuation) }
    }

    /// Blocking reads get a thread of their own; it ends with the input or with the process.
    private static func readInput(_ continuation: AsyncStream<Event>.Continuation) {
        DispatchQueue(label: "control").async {
            while let line = readLine() {
                if case .dropped = continuation.yield(.line(line)) {
                    let report = DeviceReport.commandRefused(reason: "too many commands are waiting")
                    StandardOutput.write(line: report.json.serialized())
                }
            }
            continuation.yield(.inputEnded)
        }
    }
}
