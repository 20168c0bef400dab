import Testing

@testable import Wire

@Suite("Byte writer")
struct ByteWriterTests {
    @Test("Numbers are written in decimal and hexadecimal")
    func numbers() {
        var output = ByteWriter()
        for number: Int64 in [0, 7, -7, 10, 99, 100, .max, .min] {
            output.append(decimal: number)
            output.append(" ")
        }
        output.append(decimal: UInt64.max)
        #expect(
            output.text
                == "0 7 -7 10 99 100 9223372036854775807 -9223372036854775808 18446744073709551615")
        output.reset()
        for (number, width) in [(0, 1), (0x1F, 1), (0x1F, 4), (UInt64.max, 1), (5, 20)] as [(UInt64, Int)] {
            output.append(hex: number, width: width)
            output.append(" ")
        }
        for (number, width) in [(7, 2), (12, 2), (123, 2), (0, 3), (10, 3)] {
            output.append(decimal: number, width: width)
            output.append(" ")
        }
        #expect(
            output.text
                == "0 1f 001f ffffffffffffffff 00000000000000000005 07 12 123 000 010 ")
    }

    @Test("Decimals are those of the standard library, around every power of two and of ten")
    func decimals() {
        var numbers: [UInt64] = []
        for shift: UInt64 in 0..<64 { numbers += [(1 << shift) - 1, 1 << shift] }
        var power: UInt64 = 1
        for _ in 0..<20 {
            numbers += [power - 1, power, power + 1]
            power &*= 10
        }
        for number in numbers {
            var output = ByteWriter()
            output.append(decimal: number)
            #expect(output.text == "\(number)")
        }
    }

    @Test("It grows, is cut from both ends, and keeps what it should")
    func edits() {
        var output = ByteWriter()
        let empty = output.isEmpty
        #expect(empty)
        for index in 0..<1000 { output.append(byte: UInt8(truncatingIfNeeded: index)) }
        output.append([1, 2, 3])
        output.append([9, 8, 7][1...])
        output.append(string: "é")
        output.append("lit")
        #expect(output.array.suffix(10) == [1, 2, 3, 8, 7, 0xC3, 0xA9] + Array("lit".utf8))
        output.removePrefix(1000)
        output.truncate(to: 5)
        #expect(output.array == [1, 2, 3, 8, 7])
        output.append(upTo: 100) { room in
            room[0] = 42
            return 1
        }
        #expect(output.withBytes { Array($0) } == [1, 2, 3, 8, 7, 42])
        output.reset(keepingAtMost: 10)
        #expect(output.array == [])
        output.append("again")
        #expect(output.array == Array("again".utf8))
    }
}
