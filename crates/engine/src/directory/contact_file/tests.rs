//! Files as spreadsheets, programs and broken connections leave them.

use domain::number::Home;

use super::*;

fn danish() -> FileFormat {
    FileFormat { notation: Notation::of(Home::from_iso("DK")), ..FileFormat::default() }
}

/// Reads the file in pieces of this size.
fn read_as(
    format: FileFormat,
    file: &[u8],
    piece: usize,
) -> Result<(Vec<Contact>, UploadReport), FileError> {
    let (mut read, mut contacts) = (ContactFile::new(format)?, Vec::new());
    for bytes in file.chunks(piece) {
        read.read(bytes, &mut contacts)?;
    }
    read.end(&mut contacts)?;
    Ok((contacts, read.report))
}

fn read(file: &[u8]) -> Result<(Vec<Contact>, UploadReport), FileError> {
    let whole = read_as(danish(), file, file.len().max(1));
    for piece in [1, 2, 3, 7] {
        assert_eq!(read_as(danish(), file, piece), whole, "pieces of {piece}");
    }
    whole
}

/// Number, name and the field `city` of each contact.
fn told(contacts: &[Contact]) -> Vec<(u64, Option<&str>, Option<&str>)> {
    contacts
        .iter()
        .map(|it| {
            let city = it.fields.get("city").map(String::as_str);
            (it.number.digits(), it.name.as_deref(), city)
        })
        .collect()
}

fn lines(report: &UploadReport) -> Vec<u64> {
    report.first_invalid.iter().map(|row| row.line).collect()
}

const IDA: (u64, Option<&str>, Option<&str>) = (4_520_123_456, Some("Ida"), Some("Odense"));
const BO: (u64, Option<&str>, Option<&str>) = (4_520_123_457, Some("Bo"), Some("Ribe"));

#[test]
fn reads_the_same_however_it_is_cut() {
    let file = "\u{feff}phone,Name,city\r\n20123456,\"Ida \"\"Q\"\", jr.\",Odense\n\
                +4520123457\nnobody,Bo,\n\n+45 20 12 34 58,\"two\nlines\",Århus\n,,\r\n12,,";
    let (contacts, report) = read(file.as_bytes()).unwrap();
    let expected = [
        (4_520_123_456, Some("Ida \"Q\", jr."), Some("Odense")),
        (4_520_123_457, None, None),
        (4_520_123_458, Some("two\nlines"), Some("Århus")),
    ];
    assert_eq!(told(&contacts), expected);
    assert_eq!((report.rows, report.invalid, lines(&report)), (5, 2, vec![4, 9]));
}

#[test]
fn without_headings_the_first_other_column_is_the_name() {
    let (contacts, report) = read(b"20123456,Ida,Odense\n20123457\n").unwrap();
    assert_eq!(told(&contacts), [(4_520_123_456, Some("Ida"), None), (4_520_123_457, None, None)]);
    assert_eq!((report.rows, report.invalid), (2, 0));
    assert!(contacts[0].fields.is_empty());
}

#[test]
fn headings_of_the_address_book_are_read_in_any_case() {
    let (contacts, _) = read(b"Phone,FullName,ZIPCODE,City\n20123456,Ida,5000,Odense\n").unwrap();
    assert_eq!(contacts[0].name.as_deref(), Some("Ida"));
    let fields: Vec<_> = contacts[0].fields.keys().map(String::as_str).collect();
    assert_eq!(fields, ["City", "zipcode"]);
}

#[test]
fn a_row_that_cannot_be_used_is_told_by_line_shape_and_reason() {
    let long = "x".repeat(rows::ROW_BYTES_MAX + 5);
    let many = vec!["a"; rows::COLUMNS_MAX + 1].join(",");
    let name = "n".repeat(Contact::NAME_CHARS_MAX + 1);
    let file = format!(
        "20123456\n20123457,{long}\n{many}\n20123458,{name}\nKøb 12-Ø!,x\n+90 20,\n\n20123459\n"
    );
    let (contacts, report) = read(file.as_bytes()).unwrap();
    assert_eq!(contacts.len(), 2);
    let told: Vec<_> = report
        .first_invalid
        .iter()
        .map(|row| (row.line, row.shape.as_str(), row.fault.to_string()))
        .collect();
    let shape = "a".repeat(40);
    let too_long = "the row has more than 18 values or 16384 bytes";
    let expected = [
        (2, "", too_long),
        (3, "", too_long),
        (4, shape.as_str(), "the name has more than 100 characters"),
        (5, "Aaa 99-A!", "the number has a character that does not belong at position 0"),
        (6, "+99 99", "no such number exists in its country's numbering plan"),
    ];
    let expected = expected.map(|(line, shape, why)| (line, shape, why.to_owned()));
    assert_eq!(told, expected);
    assert_eq!(report.invalid, 5);
}

/// A thousand rows, of which the twelfth is `row`.
fn with_twelfth(row: &str) -> String {
    let rows = (1..=1_000).map(|line| match line {
        12 => format!("{row}\n"),
        500 => "20500000,\"Bo, jr.\"\n".to_owned(),
        _ => format!("201{line:05},Somebody\n"),
    });
    rows.collect()
}

#[test]
fn a_quote_without_its_end_is_told_by_the_line_where_it_opened() {
    let quoted = |row| read(with_twelfth(row).as_bytes()).map(|(contacts, _)| contacts.len());
    assert_eq!(quoted("20100012,\"Ida\""), Ok(1_000));
    // It would close at the quote in line 500.
    let expected = Err(FileError::TextAfterQuote { line: 12 });
    assert_eq!(quoted("20100012,\"Ida"), expected);
    assert_eq!(quoted("20100012,\"Ida\" Q"), expected);
    let file = with_twelfth("20100012,\"Ida").replace("\"Bo, jr.\"", "Bo");
    assert_eq!(read(file.as_bytes()), Err(FileError::OpenQuote { line: 12 }), "before the end");
    for cut in ["20123456,\"Ida", "20123456,\"Ida\"\"", "20123456,\"Ida\n20123457,Bo\n", "\""] {
        let file = format!("phone,name\n\n{cut}");
        assert_eq!(read(file.as_bytes()), Err(FileError::OpenQuote { line: 3 }), "{cut:?}");
    }
    assert_eq!(read(b"20123456,5\" pipe\n20123457,\"Bo\" \n").unwrap().0.len(), 2);
}

#[test]
fn a_file_that_ends_within_a_row_is_cut() {
    let cut = |file: &str| read(file.as_bytes()).map(|(contacts, _)| contacts.len());
    let expected = Err(FileError::Cut { line: 3, columns: 1, expected: 2 });
    // What is left is the number of somebody else, or no number.
    assert_eq!(cut("phone,name\n20123456,Ida\n+4520123457"), expected);
    assert_eq!(cut("20123456,Ida\n20123457,Bo\n+45201"), expected);
    assert_eq!(cut("20123456,Ida\n20123457,Bo\n+4520123458\n"), Ok(3), "a short row is whole");
    assert_eq!(cut("20123456,Ida\n20123457,B"), Ok(2));
    assert_eq!(cut("20123456\n20123457"), Ok(2));
}

#[test]
fn a_charset_is_declared_or_utf_8() {
    let declared = |charset: &str| FileFormat { charset: Some(charset.to_owned()), ..danish() };
    let latin = b"phone,name,city\n20123456,S\xf8ren,\xc5rhus \x80\n";
    let soren = [(4_520_123_456, Some("Søren"), Some("Århus €"))];
    for charset in ["windows-1252", "ISO-8859-1", "latin1", "CP1252"] {
        let (contacts, _) = read_as(declared(charset), latin, 5).unwrap();
        assert_eq!(told(&contacts), soren, "{charset}");
    }
    let not_utf_8 = Err(FileError::NotText { line: 2, charset: "UTF-8" });
    assert_eq!(read(latin), not_utf_8);
    assert_eq!(read_as(declared("utf-8"), latin, 5), not_utf_8);
    let thai = b"phone,name\n20123456,\xca\xc1\xaa\xd2\xc2\n";
    let (contacts, _) = read_as(declared("TIS-620"), thai, 99).unwrap();
    assert_eq!(contacts[0].name.as_deref(), Some("สมชาย"));
    for unknown in ["", "utf-9", "iso-2022-kr"] {
        assert_eq!(read_as(declared(unknown), latin, 5), Err(FileError::UnknownCharset));
    }
    // Cut within a character.
    let cut = Err(FileError::NotText { line: 1, charset: "UTF-8" });
    assert_eq!(read(b"20123456,S\xc3"), cut);
}

#[test]
fn utf_16_is_read_by_its_mark_or_when_declared() {
    let text = "phone\tname\tcity\n20123456\tSøren\tÅrhus\n";
    let expected = [(4_520_123_456, Some("Søren"), Some("Århus"))];
    let units = || text.encode_utf16();
    for (mark, file) in [
        (true, units().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        (true, units().flat_map(u16::to_be_bytes).collect()),
        (false, units().flat_map(u16::to_be_bytes).collect()),
    ] {
        let is_little = file[1] == 0;
        if mark {
            let mark = if is_little { [0xff, 0xfe] } else { [0xfe, 0xff] };
            let (contacts, _) = read(&[&mark, &file[..]].concat()).unwrap();
            assert_eq!(told(&contacts), expected);
        } else {
            let declared = FileFormat { charset: Some("utf-16be".to_owned()), ..danish() };
            assert_eq!(told(&read_as(declared, &file, 3).unwrap().0), expected);
            let charset = "UTF-8";
            assert_eq!(read(&file), Err(FileError::NotText { line: 1, charset }));
        }
    }
}

#[test]
fn separators_are_found() {
    for file in [
        "phone;name;city\n20123456;Ida;Odense\n20123457;Bo;Ribe\n",
        "phone\tname\tcity\n20123456\tIda\tOdense\n20123457\tBo\tRibe\n",
        "sep=,\nphone,name,city\n20123456,Ida,Odense\n20123457,Bo,Ribe\n",
        "sep=;\r\nphone;name;city\r\n20123456;Ida;Odense\r\n20123457;Bo;Ribe\r\n",
        "\"sep=|\"\nphone|name|city\n20123456|Ida|Odense\n20123457|Bo|Ribe\n",
        "SEP=:\nphone:name:city\n20123456:Ida:Odense\n20123457:Bo:Ribe",
        "\"name\";\"city\";\"phone\"\n\"Ida\";\"Odense\";\"20 12 34 56\"\n\"Bo\";\"Ribe\";\"20123457\"\n",
    ] {
        let (contacts, report) = read(file.as_bytes()).unwrap();
        assert_eq!(told(&contacts), [IDA, BO], "{file:?}");
        assert_eq!((report.rows, report.invalid), (2, 0));
    }
    // Commas and semicolons in names.
    let (contacts, _) = read(b"20123456;Jensen, Ida\n20123457;Jensen, Bo\n").unwrap();
    assert_eq!(contacts[1].name.as_deref(), Some("Jensen, Bo"));
    let (contacts, _) = read(b"20123456,Ida; Q\n20123457,Bo; Q\n").unwrap();
    assert_eq!(contacts[1].name.as_deref(), Some("Bo; Q"));
    let format = FileFormat { separator: Some(b'/'), ..danish() };
    assert_eq!(told(&read_as(format, b"name/phone\nIda/20123456\n", 4).unwrap().0).len(), 1);
    for bad in ["sep=\n", "sep=ab\n2", "sep=1\n"] {
        assert_eq!(read(bad.as_bytes()), Err(FileError::BadSeparator), "{bad:?}");
    }
    let (_, report) = read(b"sep=;\n20123456;Ida\nx;Bo\n").unwrap();
    assert_eq!(lines(&report), [3]);
}

#[test]
fn the_column_of_the_number_is_found_or_told() {
    let told_as = |number: &str, file: &str| {
        let format = FileFormat { number: Some(number.to_owned()), ..danish() };
        let read = read_as(format, file.as_bytes(), 6);
        read.map(|(contacts, _)| contacts.iter().map(|it| it.number.digits()).collect::<Vec<_>>())
    };
    for file in [
        "name,city,phone\nIda,Odense,20123456\nBo,Ribe,20123457\n",
        "Name,city,Mobile no.\nIda,Odense,20123456\nBo,Ribe,20123457\n",
        "name,who,city\nIda,20123456,Odense\nBo,20123457,Ribe\n",
        "id,name,city,Phone\n20999991,Ida,Odense,20123456\n20999992,Bo,Ribe,20123457\n",
        // One of the two is empty.
        "name,phone,city,mobile\nIda,,Odense,20123456\nBo,,Ribe,20123457\n",
    ] {
        let (contacts, report) = read(file.as_bytes()).unwrap();
        assert_eq!((told(&contacts), report.invalid), (vec![IDA, BO], 0), "{file:?}");
    }
    let (contacts, _) = read(b"Ida,20123456\nBo,20123457\n").unwrap();
    assert_eq!(contacts[1].name.as_deref(), Some("Bo"), "no name is taken for a heading");
    let (contacts, _) = read(b"20123456,20999991\n20123457,20999992\n").unwrap();
    assert_eq!(contacts[0].number.digits(), 4_520_123_456);

    let unclear = "id,contact\n20999991,20123456\n20999992,20123457\n";
    assert_eq!(
        read(unclear.as_bytes()),
        Err(FileError::UnclearColumn { first: 1, second: 2 }),
        "a customer's id may be the number of a stranger"
    );
    let both = "name,phone,mobile\nIda,20999991,20123456\n";
    assert_eq!(read(both.as_bytes()), Err(FileError::UnclearColumn { first: 2, second: 3 }));
    assert_eq!(told_as("2", unclear), Ok(vec![4_520_123_456, 4_520_123_457]));
    assert_eq!(told_as("Contact", unclear), Ok(vec![4_520_123_456, 4_520_123_457]));
    assert_eq!(told_as("MOBILE", both), Ok(vec![4_520_123_456]));
    for wrong in ["3", "0", "phone", "-1", ""] {
        assert_eq!(told_as(wrong, unclear), Err(FileError::NoSuchColumn));
    }
}
