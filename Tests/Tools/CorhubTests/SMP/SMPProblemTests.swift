import CORProtocol
import DeviceLinks
import HubCore
import SMPProtocol
import Testing

@testable import corhub

@Suite("The exit status of corhub smp")
struct SMPProblemTests {
    @Test("A silent or absent device is temporary")
    func silence() {
        for cause in [SMPExchangeError.timedOut(attemptCount: 3), .linkGone(.refused)] {
            let problem = SMPProblem(SMPClientError.exchangeFailed(cause))
            #expect(problem.status == .temporary)
            #expect(problem.code == "device-silent")
        }
    }

    @Test("A refusal has the status of its return code")
    func refusals() {
        let statuses: [(SMPReturnCode, corhub.ExitStatus)] = [
            (.busy, .temporary), (.noMemory, .temporary), (.accessDenied, .blocked), (.badState, .blocked),
            (.noEntry, .notFound), (.notSupported, .failed), (.invalidValue, .failed),
        ]
        for (code, status) in statuses {
            #expect(SMPProblem(SMPFailure(code)).status == status)
        }
    }

    @Test("The image group's code is told by name")
    func imageGroup() {
        let problem = SMPProblem(SMPFailure(group: SMPGroup.image, code: 27))
        #expect(problem.status == .failed)
        #expect(problem.message == "the device refused, image group: currentVersionIsNewer (27)")
    }

    @Test("A wrong address is a wrong use, one beyond this machine is blocked")
    func addresses() {
        #expect(SMPProblem(LinkAddressError.kindUnknown("x")).status == .usage)
        #expect(SMPProblem(LinkAddressError.notLoopback("192.0.2.1")).status == .blocked)
        #expect(SMPProblem(LinkAddressError.kindUnsupported(.usb)).status == .failed)
    }

    @Test("An interrupted verb ends as shells count SIGINT")
    func interrupted() {
        #expect(SMPProblem(SMPClientError.cancelled).status.rawValue == 130)
        #expect(SMPProblem(SMPUploadError.cancelled).status.rawValue == 130)
    }
}
