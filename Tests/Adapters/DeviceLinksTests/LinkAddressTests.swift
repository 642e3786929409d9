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
        #expect(try LinkAddress("usb:COR1-0001") == .usb(serial: "COR1-0001"))
        #expect(try LinkAddress("ble:C0:00:00:00:00:01") == .ble(address: "C0:00:00:00:00:01"))
        for text in ["udp://127.0.0.1:1338", "udp://[::1]:9", "serial:/dev/ttyACM0", "usb:X", "ble:Y"] {
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

    @Test("Other text is refused")
    func others() {
        #expect(throws: LinkAddressError.kindUnknown("tcp://h:1")) { try LinkAddress("tcp://h:1") }
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
