import CORProtocol
import DeviceLinks
import HubCore
import NIOPosix
import Testing

@Suite("Link addresses")
struct LinkAddressTests {
    @Test("Each kind is read, and written as it was")
    func kinds() throws {
        #expect(try LinkAddress("udp://127.0.0.1:1338") == .udp(host: "127.0.0.1", port: 1_338))
        #expect(try LinkAddress("udp://localhost") == .udp(host: "localhost", port: 1_337))
        #expect(try LinkAddress("udp://[::1]:9") == .udp(host: "::1", port: 9))
        #expect(try LinkAddress("serial:/dev/ttyACM0") == .serial(path: "/dev/ttyACM0"))
        #expect(try LinkAddress("tcp:127.0.0.1:4321") == .tcp(host: "127.0.0.1", port: 4_321))
        #expect(try LinkAddress("tcp://127.0.0.1:4321").description == "tcp:127.0.0.1:4321")
        #expect(try LinkAddress("tcp:[::1]:9") == .tcp(host: "::1", port: 9))
        #expect(try LinkAddress("usb:COR1-0001") == .usb(serial: "COR1-0001"))
        #expect(try LinkAddress("ble:C0:00:00:00:00:01") == .ble(address: "C0:00:00:00:00:01"))
        for text in ["udp://127.0.0.1:1338", "udp://[::1]:9", "serial:/dev/ttyACM0", "tcp:[::1]:9", "usb:X", "ble:Y"] {
            #expect(try LinkAddress(text).description == text)
        }
    }

    @Test(
        "What is no UDP address is refused with its form",
        arguments: [
            "udp://", "udp://:1", "udp://h:", "udp://h:0", "udp://h:65536", "udp://h:1x", "udp://h:-1", "udp://a:b:1",
            "udp://[::1", "udp://[::1]x", "udp://[]:1",
        ])
    func malformed(text: String) {
        #expect(throws: LinkAddressError.malformed(text, expected: "udp://HOST:PORT")) { try LinkAddress(text) }
    }

    @Test("A serial line's options are read, and what differs from the default is written again")
    func serialOptions() throws {
        var options = SerialOptions()
        options.baud = 9_600
        options.framing = .raw
        options.lineLengthMax = 64
        options.gapMilliseconds = 5
        options.messageLengthMax = 256
        let text = "?baud=9600&framing=raw&line=64&gap=5ms&message=256"
        #expect(try LinkAddress("serial:/dev/ttyACM0\(text)") == .serial(path: "/dev/ttyACM0", options))
        #expect(try LinkAddress("tcp:localhost:1\(text)") == .tcp(host: "localhost", port: 1, options))
        #expect(LinkAddress.serial(path: "/dev/ttyACM0", options).description == "serial:/dev/ttyACM0\(text)")
        #expect(
            try LinkAddress("serial:/dev/x?baud=115200&framing=console&line=127&gap=0ms").description == "serial:/dev/x"
        )
    }

    @Test(
        "An option that is none, out of range or given twice is refused",
        arguments: [
            "", "baud", "baud=", "baud=115201", "baud=9600&baud=9600", "framing=slip", "line=15", "line=4097",
            "line=0x40", "gap=5", "gap=1001ms", "gap=-1ms", "message=63", "message=65534", "parity=even", "baud=9600&",
            "message=99999999999999999999",
        ])
    func serialOptionsMalformed(text: String) {
        #expect {
            try LinkAddress("serial:/dev/ttyACM0?\(text)")
        } throws: { error in
            guard case .optionMalformed = error as? LinkAddressError else { return false }
            return true
        }
    }

    @Test(
        "What is no serial or TCP address is refused with its form",
        arguments: ["serial:", "serial:ttyACM0", "tcp:", "tcp:h", "tcp:h:0", "tcp:h:65536", "tcp://:1", "tcp:[::1]"])
    func malformedSerial(text: String) {
        #expect {
            try LinkAddress(text)
        } throws: { error in
            guard case .malformed(text, _) = error as? LinkAddressError else { return false }
            return true
        }
    }

    @Test("Other text is refused")
    func others() {
        #expect(throws: LinkAddressError.kindUnknown("http://h:1")) { try LinkAddress("http://h:1") }
        #expect(throws: LinkAddressError.kindUnknown("")) { try LinkAddress("") }
        #expect(throws: LinkAddressError.tooLong(max: 256)) { try LinkAddress(String(repeating: "u", count: 257)) }
    }

    @Test("A kind that this build has no link for is refused by its name")
    func unsupported() {
        let group = MultiThreadedEventLoopGroup.singleton
        #expect(throws: LinkAddressError.kindUnsupported(.usb)) {
            try DeviceLinkFactory(on: group).link(to: .usb(serial: "COR1-0001"), on: group.next())
        }
    }
}
