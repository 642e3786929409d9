// The time of an echo and the rate of an image upload over one link, against a device that runs already.
// Usage: bench-link LINK [bare|records] [STATE]   for example udp://127.0.0.1:1337, where corone-sim listens. Prints one line
// a figure. With "bare", large messages pass the link alone, one at a time: what it costs beside a loop on the system's own
// calls. With "records", the device's records are read as a session reads them. STATE is the folder of BLE's pairings.

import DeviceLinks
import Glibc
import HubCore
import NIOPosix
import SMPProtocol

let imageLength = 512 * 1_024
let uploadCount = 21
let echoCount = 5_001
let warmUpCount = 500

struct Usage: Error {}

func microseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e6 + Double(duration.components.attoseconds) / 1e12
}

func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
}

/// An image that differs from all before, so that none resumes.
func image(round: Int) -> [UInt8] {
    (0..<imageLength).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8) &+ round) }
}

guard (2...4).contains(CommandLine.arguments.count) else { throw Usage() }
let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
var hosts: [any DeviceLinkHost] = [USBHost(awaitLimit: .seconds(10))]
if CommandLine.arguments.count == 4 {
    hosts.append(
        BluetoothHost(BluetoothHost.Configuration(folder: CommandLine.arguments[3], awaitLimit: .seconds(120))))
}
let link = try DeviceLinkFactory(on: MultiThreadedEventLoopGroup.singleton, hosts: hosts)
    .link(to: LinkAddress(CommandLine.arguments[1]), on: eventLoop)
if CommandLine.arguments.count >= 3 {
    switch CommandLine.arguments[2] {
    case "bare": print("large echo: \(await LinkRates.bare(link)) MB/s")
    case "records": print("records: \(try await LinkRates.records(link))")
    default: throw Usage()
    }
    exit(0)
}
let client = SMPClient(link: link, on: eventLoop)
let clock = ContinuousClock()
try await client.open()

// As the agent does: on the link's own event loop.
let echoes = try await withTaskExecutorPreference(EventLoopTaskExecutor(eventLoop)) {
    try await LinkRates.echoes(client, count: echoCount, warmUpCount: warmUpCount)
}
print("echo, median of \(echoCount): \(median(echoes)) µs")

let parameters = try await client.request(ParametersRequest())
let limits = ImageUploadLimits(
    messageLengthMax: link.messageLengthMax(bufferSize: Int(parameters.bufferSize)),
    windowMax: Int(parameters.bufferCount))
var rates: [Double] = []
for round in 0..<uploadCount {
    let image = image(round: round)
    let start = clock.now
    let outcome = try await client.upload(image, limits: limits)
    let duration = microseconds(clock.now - start)
    rates.append(Double(outcome.length - outcome.resumedOffset) / duration)
}
print(
    "upload of \(imageLength) bytes, median of \(uploadCount), buffers \(parameters.bufferCount) of "
        + "\(parameters.bufferSize): \(median(rates)) MB/s")
client.close()
