/** The Chinese words for networks that read clothes; see en-fashion.js. */

/** @type {Record<string, string>} */
export default {
  'class.fashion-mnist-0': 'T恤/上衣',
  'class.fashion-mnist-1': '裤子',
  'class.fashion-mnist-2': '套头衫',
  'class.fashion-mnist-3': '连衣裙',
  'class.fashion-mnist-4': '外套',
  'class.fashion-mnist-5': '凉鞋',
  'class.fashion-mnist-6': '衬衫',
  'class.fashion-mnist-7': '运动鞋',
  'class.fashion-mnist-8': '包',
  'class.fashion-mnist-9': '短靴',

  'fashion-mnist:page.title': 'LSTM 认衣物',
  'fashion-mnist:page.lead': '浏览器里的小型 LSTM，逐行读取图片。',
  'fashion-mnist:draw.hint': '请选一张示例，或画一件衣物。',
  'fashion-mnist:draw.example': '这是示例。可另选一张，或自己画。',
  'fashion-mnist:draw.sample-label': '下一张示例图片',
  'fashion-mnist:answer.bars': '每个类别的概率',
  'fashion-mnist:answer.sure': '我看是：{digit}',
  'fashion-mnist:answer.blank': '请选一张示例，或画一件衣物。',
  'fashion-mnist:look.intro':
    '网络从上到下读这张图片，每次读一行像素。从左到右是它读完每一行之后的状态。另选或另画一张，这里就跟着变。点击图可以选择某一行和某个单元。',
  'fashion-mnist:look.empty': '请先选一张示例或画一件衣物：它会显示在这里。',
  'fashion-mnist:look.digit': '转过来的图片',
  'fashion-mnist:look.digit-map': '图片向左转了九十度，各行并排',
  'fashion-mnist:look.answers-note':
    '读完每一行之后十个类别的概率。训练时只要求第 28 行之后的答案；之前的只表示它当时的倾向。',
  'fashion-mnist:look.answers-map': '热图：每一行之后各类别的概率',
  'fashion-mnist:look.answer-values': '每个类别的概率',
  'fashion-mnist:why.intro':
    '要从图片的头几行学到东西，就得在最后一行告诉网络：当时应该怎么做。这个消息就是梯度。它一行一行往回传，在多数网络里会逐渐消失，或者失控增大。这里用上面的图片来测量它；这五个网络只认识数字，会把它当作数字。',
  'fashion-mnist:why.label-answer': '{digit}（本页现在不读数字）',
};
