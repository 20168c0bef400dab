import Testing

@testable import Gateway

@Suite struct EventHoldTests {
    private func pass(_ pieces: [[UInt8]], lastIsEnd: Bool) -> [[UInt8]] {
        var hold = EventHold()
        var sent: [[UInt8]] = []
        for (index, piece) in pieces.enumerated() {
            piece.withUnsafeBytes { bytes in
                hold.pass(bytes, isLast: lastIsEnd && index == pieces.count - 1) { sent.append(Array($0) + $1) }
            }
        }
        return sent
    }

    @Test("Whatever the cuts, all bytes go out in order, and each send ends between two events")
    func boundaries() {
        let stream = Array(
            "event: a\ndata: {}\n\nevent: b\r\ndata: {\"x\": \"\\n\"}\r\n\r\n: comment\n\ndata: 1\n\n".utf8)
        for first in 0...stream.count {
            for second in first...stream.count {
                let pieces = [Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])]
                let sent = pass(pieces, lastIsEnd: true)
                #expect(Array(sent.joined()) == stream)
                for piece in sent where !piece.isEmpty { #expect(piece.suffix(1) == [0x0A]) }
            }
        }
    }

    @Test("The beginning of an event waits for its end")
    func holds() {
        #expect(pass([Array("data: 1\n\ndata".utf8)], lastIsEnd: false) == [Array("data: 1\n\n".utf8)])
        #expect(pass([Array("data: 1\n".utf8), Array("\n".utf8)], lastIsEnd: false) == [Array("data: 1\n\n".utf8)])
        #expect(pass([Array("data".utf8)], lastIsEnd: false).isEmpty)
    }

    @Test("An enormous event goes out in pieces")
    func large() {
        let piece = [UInt8](repeating: 0x61, count: 100_000)
        let sent = pass([piece, piece, piece, piece], lastIsEnd: false)
        #expect(sent.joined().count == 300_000)
    }

    @Test("The end of an enormous event is known, however it is cut", arguments: ["\n\n", "\r\n\r\n"])
    func endOfLarge(end: String) {
        for cut in 0...end.utf8.count {
            var hold = EventHold()
            var sent: [UInt8] = []
            let first = [UInt8](repeating: 0x61, count: 300_000) + end.utf8.prefix(cut)
            for piece in [first, Array(end.utf8.dropFirst(cut))] {
                piece.withUnsafeBytes { hold.pass($0, isLast: false) { sent += Array($0) + $1 } }
            }
            #expect(!hold.isInsideEvent && hold.isEmpty && sent.count == 300_000 + end.utf8.count, "\(cut)")
        }
    }
}
