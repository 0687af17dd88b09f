//! The keywords that are built in. English words are those of CTIA's handbook and of the FCC's rule on revoking consent
//! (47 CFR 64.1200(a)(10)); they count as the first words of a text. Words of other languages count only as the whole
//! text, because they also begin ordinary sentences.

pub(super) const ENGLISH_STOP: &[&str] = &[
    "STOP",
    "STOPALL",
    "STOP ALL",
    "UNSUBSCRIBE",
    "UNSUB",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "OPT OUT",
    "REMOVE ME",
];

pub(super) const ENGLISH_START: &[&str] = &["START", "UNSTOP", "OPTIN", "OPT IN"];

pub(super) const ENGLISH_HELP: &[&str] = &["HELP"];

/// By language, in the order of the alphabet.
#[rustfmt::skip]
pub(super) const OTHER_STOP: &[&[&str]] = &[
    // Afrikaans
    &["STAAK", "KANSELLEER", "INTREK"],
    // Albanian
    &["NDAL", "NDALO", "ANULO", "ÇREGJISTROHU"],
    // Amharic
    &["አቁም", "አቁሙ", "ሰርዝ"],
    // Arabic
    &["توقف", "قف", "إيقاف", "ايقاف", "أوقف", "اوقف", "إلغاء", "الغاء", "إلغاء الاشتراك", "الغاء الاشتراك"],
    // Armenian
    &["ՍՏՈՊ", "ԴԱԴԱՐԵՑՆԵԼ", "ԿԱՆԳՆԵՑՆԵԼ", "ՉԵՂԱՐԿԵԼ"],
    // Bengali
    &["বন্ধ", "বন্ধ করুন", "থামুন", "বাতিল"],
    // Bosnian, Croatian, Montenegrin, Serbian
    &["ODJAVA", "ODJAVI", "ODJAVI ME", "PREKINI", "OTKAŽI", "OTKAZI", "ОДЈАВА", "ОДЈАВИ", "ПРЕКИНИ", "ОТКАЖИ"],
    // Bulgarian
    &["ОТКАЗ", "ОТПИШИ", "ОТПИСВАНЕ", "СПРИ", "КРАЙ"],
    // Burmese
    &["ရပ်", "ရပ်ပါ", "ရပ်တန့်", "ပယ်ဖျက်"],
    // Chinese
    &["退订", "退訂", "停止", "取消", "取消订阅", "取消訂閱", "退出", "TD"],
    // Czech, Slovak
    &["ODHLÁSIT", "ODHLASIT", "ODHLÁSIŤ", "ZRUŠIT", "ZRUSIT", "ZRUŠIŤ", "KONEC", "KONIEC"],
    // Danish
    &["AFMELD", "AFMELD MIG", "AFMELDING", "FRAMELD", "OPHØR"],
    // Dutch
    &["AFMELDEN", "UITSCHRIJVEN", "STOPPEN", "OPZEGGEN", "ANNULEREN", "EINDE"],
    // Estonian
    &["LÕPETA", "LOOBU", "TÜHISTA", "STOPP"],
    // Filipino
    &["ITIGIL", "TIGIL", "HINTO", "IHINTO"],
    // Finnish
    &["LOPETA", "PERUUTA", "SEIS"],
    // French
    &[
        "ARRÊT", "ARRET", "ARRÊTER", "ARRETER", "ARRÊTEZ", "ARRETEZ", "DÉSABONNER", "DESABONNER",
        "DÉSABONNEMENT", "DESABONNEMENT", "ME DÉSABONNER", "DÉSINSCRIRE", "DESINSCRIRE", "DÉSINSCRIPTION",
        "DESINSCRIPTION", "RÉSILIER", "RESILIER", "ANNULER", "FIN",
    ],
    // Georgian
    &["სტოპ", "შეწყვეტა", "გაუქმება"],
    // German
    &[
        "STOPP", "ABMELDEN", "ABMELDUNG", "ABBESTELLEN", "ABBRECHEN", "AUFHÖREN", "AUFHOEREN", "BEENDEN", "ENDE",
        "KÜNDIGEN", "KUENDIGEN", "WIDERRUF", "WIDERRUFEN",
    ],
    // Greek
    &["ΣΤΟΠ", "ΔΙΑΓΡΑΦΗ", "ΔΙΑΓΡΑΦΉ", "ΔΙΑΚΟΠΗ", "ΔΙΑΚΟΠΉ", "ΑΚΥΡΩΣΗ", "ΑΚΎΡΩΣΗ", "ΤΕΛΟΣ", "ΤΈΛΟΣ"],
    // Haitian Creole
    &["SISPANN", "KANPE", "ANILE"],
    // Hebrew
    &["הסר", "הסרה", "להסיר", "עצור", "הפסק", "ביטול"],
    // Hindi, Marathi, Nepali
    &["रोकें", "रोको", "बंद", "बंद करें", "बंद करो", "बंद करा", "रद्द", "रद्द करें", "समाप्त", "थांबा", "बन्द", "रोक्नुहोस्"],
    // Hungarian
    &["LEÁLL", "ÁLLJ", "LEIRATKOZÁS", "LEIRATKOZAS", "LEIRATKOZOM", "LEMONDÁS", "LEMONDOM", "VÉGE"],
    // Icelandic
    &["HÆTTA", "AFSKRÁ", "AFSKRÁNING", "STOPP"],
    // Indonesian, Malay
    &["BERHENTI", "HENTI", "HENTIKAN", "BATAL", "BATALKAN", "UNREG", "TAMAT"],
    // Italian
    &[
        "FERMA", "FERMATI", "BASTA", "CANCELLA", "CANCELLAMI", "ANNULLA", "DISISCRIVI", "DISISCRIVIMI", "REVOCA",
        "TERMINA",
    ],
    // Japanese
    &["停止", "配信停止", "受信拒否", "解除", "登録解除", "中止", "退会", "ストップ", "キャンセル"],
    // Kazakh, Kyrgyz
    &["ТОҚТАТУ", "ТОҚТА", "БАС ТАРТУ", "ТОКТОТУУ", "ТОКТОТ"],
    // Khmer
    &["ឈប់", "បញ្ឈប់", "បោះបង់"],
    // Korean
    &["중지", "수신거부", "수신 거부", "거부", "해지", "중단", "정지", "취소", "그만"],
    // Lao
    &["ຢຸດ", "ຍົກເລີກ"],
    // Latvian
    &["ATTEIKTIES", "ATTEIKT", "BEIGT", "APTURĒT"],
    // Lithuanian
    &["ATSISAKYTI", "ATSISAKAU", "STABDYTI", "ATŠAUKTI"],
    // Macedonian
    &["ОТКАЖИ", "ОДЈАВИ", "СТОПИРАЈ", "ПРЕКИНИ"],
    // Mongolian
    &["ЗОГС", "ЗОГСООХ", "БОЛИХ", "ЦУЦЛАХ"],
    // Norwegian
    &["AVMELD", "AVSLUTT", "STOPP", "MELD AV"],
    // Persian
    &["لغو", "لغو عضویت", "پایان", "متوقف"],
    // Polish
    &["KONIEC", "WYPISZ", "WYPISZ MNIE", "REZYGNUJĘ", "REZYGNUJE", "REZYGNACJA", "ANULUJ", "WYREJESTRUJ"],
    // Portuguese
    &["SAIR", "PARAR", "PARE", "CANCELAR", "CANCELA", "REMOVER", "DESCADASTRAR", "DESINSCREVER", "SUSPENDER", "TERMINAR"],
    // Romanian
    &["DEZABONARE", "DEZABONEAZĂ", "DEZABONEAZA", "OPREȘTE", "OPREŞTE", "OPRESTE", "ANULEAZĂ", "ANULEAZA", "RENUNȚ", "RENUNT"],
    // Russian
    &["СТОП", "ОТПИСАТЬСЯ", "ОТПИСКА", "ОТПИШИТЕ", "ОТМЕНА", "ОТМЕНИТЬ", "ОТКАЗ", "ОТКЛЮЧИТЬ", "ХВАТИТ"],
    // Sinhala
    &["නවත්වන්න", "අවලංගු"],
    // Slovene
    &["ODJAVA", "ODJAVI", "PREKLIČI", "PREKLICI", "KONEC", "USTAVI"],
    // Somali
    &["JOOJI", "JOOJIN"],
    // Spanish
    &[
        "ALTO", "BAJA", "DAR DE BAJA", "DARME DE BAJA", "DARSE DE BAJA", "PARAR", "PARE", "CANCELAR", "ANULAR", "DETENER",
        "REVOCAR", "TERMINAR", "SALIR", "FIN", "BASTA", "NO MÁS", "NO MAS",
    ],
    // Swahili
    &["ACHA", "SIMAMA", "SITISHA", "ONDOA", "KOMESHA"],
    // Swedish
    &["AVSLUTA", "AVANMÄL", "AVREGISTRERA", "AVBRYT", "STOPP", "SLUTA"],
    // Tamil, Telugu
    &["நிறுத்து", "நிறுத்தவும்", "రద్దు", "ఆపు", "ఆపండి"],
    // Thai
    &["หยุด", "หยุดส่ง", "ยกเลิก", "เลิก", "ยุติ", "ไม่รับ"],
    // Turkish
    &["DUR", "DURDUR", "İPTAL", "ÇIK", "ÇIKIŞ", "CIKIS", "AYRIL", "RET"],
    // Ukrainian
    &["ВІДПИСАТИСЯ", "ВІДПИСАТИСЬ", "ВІДПИСКА", "СКАСУВАТИ", "ВІДМІНИТИ", "ВІДМОВА", "ПРИПИНИТИ"],
    // Urdu
    &["بند", "بند کریں", "ختم", "ختم کریں", "روکیں", "منسوخ"],
    // Uzbek
    &["TO'XTATISH", "TOXTATISH", "TO'XTAT", "BEKOR QILISH", "RAD ETISH"],
    // Vietnamese
    &["DỪNG", "NGỪNG", "HỦY", "HUỶ", "HUY", "TỪ CHỐI", "TU CHOI", "TC"],
];
