import ESRAnalysis
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Held against the C library, which is not ours.
@Suite("Elementary functions")
struct ElementaryFunctionsTests {
    private func expectNear(_ found: Double, _ expected: Double, location: SourceLocation = #_sourceLocation) {
        #expect(abs(found - expected) <= 1e-15 * max(abs(expected), 1e-300) * 4, sourceLocation: location)
    }

    @Test("Exponential and logarithm agree with the C library to four units in the last place")
    func agree() {
        for step in -2_000...2_000 {
            let x = Double(step) * 0.037
            expectNear(ElementaryFunctions.exp(x), exp(x))
        }
        for step in 1...2_000 {
            let x = exp(Double(step - 1_000) * 0.3)
            #expect(abs(ElementaryFunctions.log(x) - log(x)) <= 4e-16 * max(abs(log(x)), 1))
            #expect(abs(ElementaryFunctions.asinh(-x) - asinh(-x)) <= 4e-16 * max(abs(asinh(x)), 1))
        }
        expectNear(ElementaryFunctions.exp10(1.5), pow(10, 1.5))
        expectNear(ElementaryFunctions.power(0.31, 2.36), pow(0.31, 2.36))
    }

    @Test("The ends: nothing overflows, and what is no number stays none")
    func ends() {
        #expect(ElementaryFunctions.exp(1e9) == ElementaryFunctions.exp(700))
        #expect(ElementaryFunctions.exp(-.infinity) == ElementaryFunctions.exp(-700))
        #expect(ElementaryFunctions.exp(.nan).isNaN)
        #expect(ElementaryFunctions.log(0) == -.infinity)
        #expect(ElementaryFunctions.log(-1).isNaN)
        #expect(ElementaryFunctions.log(.infinity) == .infinity)
        #expect(ElementaryFunctions.power(0, 2.36) == 0)
        #expect(ElementaryFunctions.exp(0) == 1)
        #expect(ElementaryFunctions.log(1) == 0)
    }
}
