// Runs the hub's own update machine against any device with image management and MCUboot: without attestation and without group 64,
// for which no configuration of the hub has a word. Prints a JSON line for each phase and for the end.
//
//   firmware-rig LINK KEY.der IMAGE [--proof-seconds N] [--roll-back] [--boot-log FILE MARK] [--corrupt]
//
//   --roll-back   what runs on trial is sent back instead of confirmed
//   --boot-log    the device is spoken to after a restart once FILE holds one MARK more than before
//   --corrupt     one bit of the image changes on its way, with its digest: only the boot loader can tell

import CORProtocol
import DeviceLinks
import Glibc
import HubCore
import MCUbootImage
import NIOPosix

func fail(_ message: String) -> Never {
    let line = Array("firmware-rig: \(message)\n".utf8)
    _ = write(2, line, line.count)
    exit(1)
}

func contents(of path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { fail("\(path) cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return bytes
}

var words = Array(CommandLine.arguments.dropFirst())
var options = UpdateRig.Options()
var plain: [String] = []
while !words.isEmpty {
    switch words.removeFirst() {
    case "--proof-seconds" where !words.isEmpty: options.proofSeconds = Int(words.removeFirst()) ?? 1
    case "--roll-back": options.rollsBack = true
    case "--corrupt": options.isCorrupting = true
    case "--boot-log" where words.count >= 2: options.bootLog = (words.removeFirst(), words.removeFirst())
    case let word: plain.append(word)
    }
}
guard plain.count == 3 else { fail("LINK KEY.der IMAGE are wanted") }
let file = contents(of: plain[2])
guard let key = try? ImageKey(der: contents(of: plain[1])) else { fail("\(plain[1]) is no key") }
guard case .accepted(let image) = ImageVerdict(of: file, under: ImagePolicy(keys: [key])) else {
    fail("\(plain[2]) is not accepted")
}
let factory = DeviceLinkFactory(on: MultiThreadedEventLoopGroup.singleton, allowsRemote: false, hosts: [])
let link = try factory.link(to: LinkAddress(plain[0]), on: factory.nextEventLoop())
let outcome = await UpdateRig(link: link, image: image, file: file, options: options).run()
print("{\"end\": \"\(FirmwarePhaseName.name(of: outcome.end))\", \"reason\": \"\(outcome.reason)\"}")
