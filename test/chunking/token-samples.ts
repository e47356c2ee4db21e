/** Rules as teams write them, by script: what the token estimate was not fitted to. */

export interface TokenSample {
  script: string;
  language: string;
  text: string;
}

const sample = (script: string, language: string, ...sentences: string[]): TokenSample => ({
  script,
  language,
  text: sentences.join(' '),
});

export const TOKEN_SAMPLES: readonly TokenSample[] = [
  sample(
    'Latin',
    'English',
    'Every story states who needs it, what they need and why.',
    'Before a change is merged, a second person has read all of it and the pipeline is green.',
    'Personal data never appear in a log; mask them where they enter the system.',
  ),
  sample(
    'Latin',
    'German',
    'Jede Anforderung nennt, wer sie braucht und warum.',
    'Vor der Übergabe prüft eine zweite Person die ganze Änderung, und alle Tests laufen durch.',
    'Personenbezogene Daten dürfen in keinem Protokoll erscheinen.',
  ),
  sample(
    'Latin',
    'French',
    'Chaque récit indique qui en a besoin et pourquoi.',
    'Avant la mise en production, une deuxième personne relit toute la modification.',
    'Les données personnelles ne doivent jamais apparaître dans un journal.',
  ),
  sample(
    'Latin',
    'Spanish',
    'Cada historia dice quién la necesita y por qué.',
    'Antes de publicar, otra persona revisa el cambio completo y todas las pruebas pasan.',
    'Los datos personales nunca aparecen en un registro.',
  ),
  sample(
    'Latin',
    'Dutch',
    'Elk verhaal zegt wie het nodig heeft en waarom.',
    'Voor de oplevering leest een tweede collega de hele wijziging en slagen alle testen.',
    'Persoonsgegevens staan nooit in een logbestand.',
  ),
  sample(
    'Latin',
    'Polish',
    'Każda historia mówi, kto jej potrzebuje i dlaczego.',
    'Przed wydaniem druga osoba czyta całą zmianę, a wszystkie testy przechodzą.',
    'Dane osobowe nigdy nie mogą pojawić się w dzienniku.',
  ),
  sample(
    'Latin',
    'Finnish',
    'Jokainen tarina kertoo, kuka sitä tarvitsee ja miksi.',
    'Ennen julkaisua toinen henkilö lukee koko muutoksen ja kaikki testit menevät läpi.',
    'Henkilötietoja ei saa koskaan kirjoittaa lokiin.',
  ),
  sample(
    'Latin',
    'Turkish',
    'Her hikâye, kimin neye neden ihtiyaç duyduğunu söyler.',
    'Yayından önce ikinci bir kişi değişikliğin tamamını okur ve bütün testler geçer.',
  ),
  sample(
    'Latin',
    'Vietnamese',
    'Mỗi câu chuyện nêu rõ ai cần và vì sao cần.',
    'Trước khi phát hành, một người khác đọc toàn bộ thay đổi và mọi kiểm thử đều đạt.',
  ),
  sample(
    'Latin',
    'Indonesian',
    'Setiap cerita menyebutkan siapa yang membutuhkan.',
    'Sebelum rilis, orang kedua membaca seluruh perubahan dan semua pengujian berhasil.',
  ),
  sample(
    'Cyrillic',
    'Russian',
    'Каждая история говорит, кому она нужна и зачем.',
    'Перед выпуском второй человек читает всё изменение, и все проверки проходят.',
    'Персональные данные никогда не попадают в журнал.',
  ),
  sample(
    'Cyrillic',
    'Ukrainian',
    'Кожна історія пояснює, кому вона потрібна і навіщо.',
    'Перед випуском друга людина читає всю зміну, і всі перевірки проходять.',
  ),
  sample(
    'Greek',
    'Greek',
    'Κάθε ιστορία λέει ποιος τη χρειάζεται και γιατί.',
    'Πριν από την έκδοση ένα δεύτερο άτομο διαβάζει όλη την αλλαγή.',
  ),
  sample(
    'Hebrew',
    'Hebrew',
    'כל סיפור אומר מי צריך אותו ולמה.',
    'לפני השחרור אדם שני קורא את כל השינוי וכל הבדיקות עוברות.',
  ),
  sample(
    'Arabic',
    'Arabic',
    'تذكر كل قصة من يحتاج إليها ولماذا.',
    'قبل الإصدار يقرأ شخص ثان التغيير كله وتنجح جميع الاختبارات.',
  ),
  sample(
    'Arabic',
    'Persian',
    'هر داستان می‌گوید چه کسی به آن نیاز دارد و چرا.',
    'پیش از انتشار، نفر دوم همهٔ تغییر را می‌خواند و همهٔ آزمون‌ها موفق می‌شوند.',
  ),
  sample(
    'Devanagari',
    'Hindi',
    'हर कहानी बताती है कि किसे इसकी ज़रूरत है और क्यों।',
    'रिलीज़ से पहले दूसरा व्यक्ति पूरा बदलाव पढ़ता है और सभी परीक्षण सफल होते हैं।',
  ),
  sample('Bengali', 'Bengali', 'প্রকাশের আগে দ্বিতীয় একজন পুরো পরিবর্তনটি পড়েন এবং সব পরীক্ষা সফল হয়।'),
  sample('Tamil', 'Tamil', 'வெளியீட்டிற்கு முன் இரண்டாவது நபர் முழு மாற்றத்தையும் படிக்கிறார்.'),
  sample('Telugu', 'Telugu', 'విడుదలకు ముందు రెండవ వ్యక్తి మొత్తం మార్పును చదువుతారు.'),
  sample('Thai', 'Thai', 'ก่อนเผยแพร่ คนที่สองต้องอ่านการเปลี่ยนแปลงทั้งหมดและการทดสอบทุกอย่างต้องผ่าน'),
  sample('Georgian', 'Georgian', 'გამოშვებამდე მეორე ადამიანი კითხულობს მთელ ცვლილებას.'),
  sample('Armenian', 'Armenian', 'Թողարկումից առաջ երկրորդ մարդը կարդում է ամբողջ փոփոխությունը։'),
  sample('Ethiopic', 'Amharic', 'ከመልቀቁ በፊት ሁለተኛ ሰው ሙሉውን ለውጥ ያነባል።'),
  sample('Khmer', 'Khmer', 'មុនពេលចេញផ្សាយ មនុស្សទីពីរអានការផ្លាស់ប្តូរទាំងមូល។'),
  sample('Burmese', 'Burmese', 'ထုတ်ပြန်ခြင်းမပြုမီ ဒုတိယလူက ပြောင်းလဲမှုအားလုံးကို ဖတ်ရမည်။'),
  sample(
    'Hangul',
    'Korean',
    '모든 스토리는 누가 왜 필요로 하는지 적는다.',
    '배포하기 전에 다른 사람이 변경 사항을 모두 읽고 모든 테스트가 통과해야 한다.',
  ),
  sample(
    'Japanese',
    'Japanese',
    'すべてのストーリーに、誰がなぜ必要とするかを書きます。',
    'リリースの前に、もう一人が変更全体を読み、すべてのテストに合格していることを確認します。',
  ),
  sample(
    'Han',
    'Chinese, simplified',
    '每个用户故事都要写明谁需要它以及为什么。',
    '发布之前，必须由第二个人阅读全部改动，并且所有测试都要通过。',
  ),
  sample(
    'Han',
    'Chinese, traditional',
    '每個使用者故事都要寫明誰需要它以及為什麼。',
    '發佈之前，必須由第二個人閱讀全部變更，而且所有測試都要通過。',
  ),
  sample('Emoji', 'emoji', '✅ 🚀 ⚠️ 🔥 👩‍💻 🎉 🇩🇪 👍🏽 📦 🐛 ✨ 🔒 ♻️ 📝 🚧'),
  sample(
    'Code',
    'TypeScript',
    'export function nextLine(text: string, at: number): number {\n',
    'for (let i = at; i < text.length; i += 1) if (text[i] === "\\n") return i + 1;\n',
    'return text.length;\n}',
  ),
  sample(
    'Code',
    'JSON',
    '{"name":"order","id":4711,"lines":[{"sku":"A-17","count":2}],',
    '"paid":true,"currency":"EUR","total":129.95,"createdAt":"2024-03-01T09:30:00Z"}',
  ),
  sample(
    'Code',
    'shell',
    '```sh\nkubectl rollout undo deployment/shop --namespace prod\n',
    'curl -sSf https://status.example.com/health | jq .version\n```',
  ),
  sample(
    'Keys',
    'base64',
    'QWxhZGRpbjpvcGVuIHNlc2FtZQ8F3kLm0ZxT2hpcyBpcyBub3QgYSBrZXk',
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0',
  ),
  sample(
    'Keys',
    'hexadecimal',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f0',
    '550e8400-e29b-41d4-a716-446655440000 6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  ),
];
