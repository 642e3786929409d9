// modules: TextEncodings CHubShim DurableFiles CTOML CBORCoding COSESigning JSONCoding SMPProtocol USBProtocol BluetoothProtocol CORProtocol MCUbootImage CivilCalendar TUFMetadata FirmwareRollout ESRAnalysis HubCore Crypto CryptoExtras
// lengthMax: 1024
// sources: Sources/Agent/HubAgent/Configuration
import HubCore

/// No input traps, in toml++ neither; a configuration is taken or refused with a reason of one line and a line of the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTOML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let lineCount = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    do {
        let configuration = try ConfigurationLoader.configuration(from: bytes, file: "fuzz.toml")
        precondition(
            configuration.forwarding.backoff.shortest <= configuration.forwarding.backoff.longest,
            "a contradiction was taken")
        precondition(configuration.deviceLinks.count <= 64, "too many links were taken")
    } catch {
        precondition(!error.reason.isEmpty, "refused without a reason")
        if let line = error.line { precondition((0...lineCount + 1).contains(line), "line \(line) of \(lineCount)") }
    }
    return 0
}
