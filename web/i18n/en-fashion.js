/**
 * The English words for networks that read clothes: the names of Fashion-MNIST's classes, and what takes the
 * place of the words of the same key in en.js and en-panels.js while such a network answers.
 */

/** @type {Record<string, string>} */
export default {
  'class.fashion-mnist-0': 'T-shirt/top',
  'class.fashion-mnist-1': 'Trouser',
  'class.fashion-mnist-2': 'Pullover',
  'class.fashion-mnist-3': 'Dress',
  'class.fashion-mnist-4': 'Coat',
  'class.fashion-mnist-5': 'Sandal',
  'class.fashion-mnist-6': 'Shirt',
  'class.fashion-mnist-7': 'Sneaker',
  'class.fashion-mnist-8': 'Bag',
  'class.fashion-mnist-9': 'Ankle boot',

  'fashion-mnist:page.title': 'LSTM reads clothes',
  'fashion-mnist:page.lead': 'A small LSTM, in your browser. It reads the picture row by row.',
  'fashion-mnist:draw.hint': 'Pick a sample, or draw a garment.',
  'fashion-mnist:draw.example': 'Example. Pick another, or draw one.',
  'fashion-mnist:draw.sample-label': 'Next sample picture',
  'fashion-mnist:answer.bars': 'Probability of each class',
  'fashion-mnist:answer.sure': 'I see: {digit}',
  'fashion-mnist:answer.blank': 'Pick a sample, or draw a garment.',
  'fashion-mnist:look.intro':
    'The network reads the picture from top to bottom, one row of pixels at a time. From left to right: what it holds after each row. Pick or draw another, and everything follows. Click a picture to choose a row and a unit.',
  'fashion-mnist:look.empty': 'Pick a sample or draw a garment first: it is shown here.',
  'fashion-mnist:look.digit': 'Picture, turned',
  'fashion-mnist:look.digit-map': 'The picture turned to the left, so that its rows stand side by side',
  'fashion-mnist:look.answers-note':
    'The probabilities of the ten classes after each row. Only the answer after row 28 was trained; the earlier ones show what it leans to.',
  'fashion-mnist:look.answers-map': 'Heat map: probability of each class after each row',
  'fashion-mnist:look.answer-values': 'Probability of each class',
  'fashion-mnist:why.intro':
    'To learn from the first rows of a picture, a network must be told, at its last row, what it should have done there. That message is the gradient. It travels back row by row, and in most networks it fades, or grows out of hand. Here it is measured on the picture above; these five networks know digits only, and take it for one.',
  'fashion-mnist:why.label-answer': '{digit} (the page reads no digit now)',
};
